//! Temporary.
#![allow(dead_code)]
#[path = "../tests/common.rs"]
mod common;
#[path = "../tests/scaling.rs"]
mod scaling;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let cpu = || {
        let s = std::fs::read_to_string("/proc/self/schedstat").unwrap();
        s.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e6
    };
    for (name, world) in scaling::PARTS {
        if args.len() > 1 && args[1] != "all" && !name.contains(&args[1]) {
            continue;
        }
        let mut row = Vec::new();
        let by: u32 = args.get(2).map_or(1, |n| n.parse().unwrap());
        for n in [by, 4 * by] {
            let scenario = world(n);
            if let Err(problems) = scenario.check() {
                println!("BAD {name}: {problems}");
                break;
            }
            let t = cpu();
            let steps = scaling::steps(&scenario);
            row.push((steps, cpu() - t));
        }
        if row.len() == 2 {
            println!(
                "{:6.2} {:6.2}t  {:>9} {:>10}  {:8.1} ms {:8.1} ms  {name}",
                row[1].0 as f64 / row[0].0 as f64,
                row[1].1 / row[0].1,
                row[0].0,
                row[1].0,
                row[0].1,
                row[1].1
            );
        }
    }
}
