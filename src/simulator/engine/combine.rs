//! Waiting for two things at once.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use crate::work;

/// Which of two futures was done first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Either<A, B> {
    /// The first.
    Left(A),
    /// The second.
    Right(B),
}

/// Waits for both.
pub async fn join<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut left, mut right) = (None, None);
    poll_fn(move |context| {
        if left.is_none()
            && let Poll::Ready(output) = a.as_mut().poll(context)
        {
            left = Some(output);
        }
        if right.is_none()
            && let Poll::Ready(output) = b.as_mut().poll(context)
        {
            right = Some(output);
        }
        match (left.take(), right.take()) {
            (Some(left), Some(right)) => Poll::Ready((left, right)),
            (l, r) => {
                (left, right) = (l, r);
                Poll::Pending
            }
        }
    })
    .await
}

/// Waits for all of them; gives what each brought, in their order.
pub async fn join_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut parts: Vec<_> = futures.into_iter().map(|future| Err(Box::pin(future))).collect();
    poll_fn(|context| {
        work::count(parts.len());
        let mut all = true;
        for part in &mut parts {
            if let Err(future) = part {
                match future.as_mut().poll(context) {
                    Poll::Ready(output) => *part = Ok(output),
                    Poll::Pending => all = false,
                }
            }
        }
        if all { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    parts.into_iter().filter_map(Result::ok).collect()
}

/// Waits for whichever is done first (the first one, if both are) and drops the other.
pub async fn race<A: Future, B: Future>(a: A, b: B) -> Either<A::Output, B::Output> {
    let (mut a, mut b) = (pin!(a), pin!(b));
    poll_fn(move |context| {
        if let Poll::Ready(output) = a.as_mut().poll(context) {
            return Poll::Ready(Either::Left(output));
        }
        b.as_mut().poll(context).map(Either::Right)
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::engine::{Elapsed, Kernel, Tasks};
    use crate::time::Nanos;

    /// Runs one task to its end; returns what it noted, each with its moment.
    fn run<F: Future<Output = ()> + 'static>(
        task: impl Fn(Rc<Kernel>, Rc<RefCell<Vec<(u64, String)>>>) -> F + 'static,
    ) -> Vec<(u64, String)> {
        let (kernel, notes) = (Rc::new(Kernel::default()), Rc::default());
        let mut tasks = Tasks::new(move |(kernel, notes)| task(kernel, notes));
        let id = tasks.spawn((kernel.clone(), Rc::clone(&notes)), 0);
        let mut ready = vec![id];
        loop {
            for task in ready.drain(..) {
                kernel.set_current(task);
                tasks.poll(task);
            }
            let Some(event) = kernel.next() else { break };
            match event.kind() {
                Kernel::WAKE => ready.push(event.index()),
                _ => kernel.deadline_event(event.index()),
            }
            ready.extend(std::iter::from_fn(|| kernel.next_ready()));
        }
        assert_eq!(tasks.running(), 0, "the task came to its end");
        notes.take()
    }

    #[test]
    fn join_takes_as_long_as_the_longer_and_race_as_the_shorter() {
        let notes = run(|kernel, notes| async move {
            let kernel = &*kernel;
            join(kernel.sleep(Nanos(5)), kernel.sleep(Nanos(9))).await;
            notes.borrow_mut().push((kernel.now().0, "joined".into()));
            let all =
                join_all([4, 2, 3].map(|time| async move { (kernel.sleep(Nanos(time)).await, time).1 }).into()).await;
            notes.borrow_mut().push((kernel.now().0, format!("{all:?}")));
            let first = race(kernel.sleep(Nanos(5)), kernel.sleep(Nanos(3))).await;
            notes.borrow_mut().push((kernel.now().0, format!("{first:?}")));
        });
        assert_eq!(notes, [(9, "joined".into()), (13, "[4, 2, 3]".into()), (16, "Right(())".into())]);
    }

    #[test]
    fn a_timeout_ends_what_takes_too_long_and_leaves_the_rest_alone() {
        let notes = run(|kernel, notes| async move {
            for length in [5, 15, 10] {
                let outcome = kernel.timeout(Some(Nanos(10)), kernel.sleep(Nanos(length))).await;
                notes.borrow_mut().push((kernel.now().0, format!("{}", outcome == Err(Elapsed))));
            }
            kernel.timeout(None, kernel.sleep(Nanos(1000))).await.ok();
            notes.borrow_mut().push((kernel.now().0, "unlimited".into()));
        });
        let expected = [(5, "false"), (15, "true"), (25, "false"), (1025, "unlimited")];
        assert_eq!(notes, expected.map(|(at, what)| (at, what.to_owned())));
    }
}
