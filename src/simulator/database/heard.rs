//! What a query, or its answer, says of a key; for those who listen.

use super::{Database, Query, Request};
use crate::engine::CallId;
use crate::ledger::Message;
use crate::model::Key;

impl Database {
    /// What a query asks for, if that concerns `key`. Of a batch: as long as it is under way.
    pub fn asks(&self, call: CallId, key: Key) -> Option<Message> {
        let Request { query, .. } = self.calls().request(call);
        match query {
            Query::Read(read) => (read == key).then_some(Message::Get),
            Query::ReadSeveral(_, number) => self.several.of(number).place(key).map(|_| Message::Get),
            Query::Write(row) | Query::Change(row, _) | Query::Conflicting(row) => {
                (row.key == key).then_some(Message::Update(row.write))
            }
            Query::Batch(number) => {
                let state = self.state.borrow();
                let row = state.batches[number].rows.iter().rev().find(|row| row.key == key);
                row.map(|row| Message::Update(row.write))
            }
            Query::Records(_) | Query::Forget(_) | Query::Cancel(..) => None,
        }
    }

    /// What a query that concerned the key is answered with.
    pub fn answers(&self, call: CallId, key: Key) -> Option<Message> {
        let query = self.calls().request(call).query;
        let reads = matches!(query, Query::Read(_));
        let response = self.calls().response(call)?;
        if let (Query::ReadSeveral(_, number), Ok(_)) = (query, response) {
            return self.several.of(number).value(key).map(Message::Value);
        }
        Some(match response {
            Ok(value) if reads => Message::Value(value),
            Ok(_) => Message::Done,
            Err(failure) => Message::Failed(failure),
        })
    }
}
