//! What the benches share: the machine named, the clock, peaks of memory, children with memory of
//! their own, and the table of figures.
//!
//! Figures are ratios within one run: what a machine does besides hits both sides. A bench exits
//! with 1 when a requirement is missed. Only `cargo bench` measures; what `cargo test` may start of
//! these programs returns at once.
#![allow(dead_code, reason = "each bench uses its part")]

use std::{
    fs,
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

/// Names, in the environment of a child of a bench, what it has to do.
const CHILD: &str = "ESSAIM_BENCH_CHILD";

/// Whether this run should measure: `cargo bench` says so, `cargo test` does not.
pub fn is_wanted() -> bool {
    let wanted = std::env::args().any(|argument| argument == "--bench");
    if !wanted {
        println!("benches measure under `cargo bench` only");
    }
    wanted
}

/// What this process has to do, if it is a child of a bench, and with which arguments.
pub fn child_role() -> Option<(String, Vec<String>)> {
    std::env::var(CHILD).ok().map(|role| (role, std::env::args().skip(1).collect()))
}

/// Runs this program once more, in a process of its own, and returns the line it printed.
pub fn run_child(role: &str, arguments: &[&str]) -> String {
    let program = std::env::current_exe().expect("this program has a path");
    let output = Command::new(program)
        .args(arguments)
        .env(CHILD, role)
        .stderr(Stdio::inherit())
        .output()
        .expect("the child starts");
    assert!(output.status.success(), "the child {role} failed");
    String::from_utf8(output.stdout).expect("the child prints text").trim().to_owned()
}

/// Now, for differences of time.
#[allow(clippy::disallowed_methods, reason = "a bench measures real time")]
pub fn now() -> Instant {
    Instant::now()
}

/// How long `work` takes, and what it gives.
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = now();
    let done = work();
    (start.elapsed(), done)
}

/// A temporary folder on the disk the project is built on (`/tmp` may be memory).
pub fn disk_folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary folder")
}

/// A line of `/proc/PID/status` in KiB: `VmHWM` is the peak of resident memory, `VmRSS` what is
/// resident now. 0 where the system has no such file.
pub fn memory_kib(process: &str, line: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let found = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'));
    found.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// The processor, its cores, memory and kernel, as far as the system tells.
pub fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.and_then(|line| line.split_once(':')).map_or("", |(_, model)| model.trim());
    let model = if model.is_empty() { std::env::consts::ARCH } else { model };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = read("/proc/meminfo");
    let memory = memory.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let memory_kib: u64 =
        memory.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0);
    let kernel = read("/proc/sys/kernel/osrelease");
    let kernel = if kernel.is_empty() { "unknown" } else { kernel.trim() };
    let (system, gib) = (std::env::consts::OS, memory_kib / (1024 * 1024));
    format!("{model}, {cores} cores, {gib} GiB, {system} {kernel}")
}

/// One line of the table.
pub struct Figure {
    name: String,
    measured: String,
    required: String,
    met: Option<bool>,
}

impl Figure {
    /// A figure with a requirement.
    pub fn required(name: &str, measured: String, required: &str, met: bool) -> Self {
        Self { name: name.into(), measured, required: required.into(), met: Some(met) }
    }

    /// A figure that explains others.
    pub fn told(name: &str, measured: String) -> Self {
        Self { name: name.into(), measured, required: String::new(), met: None }
    }
}

/// Prints the table, and says whether all requirements are met.
pub fn conclude(title: &str, figures: Vec<Figure>) -> ExitCode {
    let missed = figures.iter().any(|figure| figure.met == Some(false));
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::UTF8_BORDERS_ONLY);
    table.set_header(["figure", "measured", "required", "met"]);
    for Figure { name, measured, required, met } in figures {
        let met = met.map_or("", |met| if met { "yes" } else { "NO" });
        table.add_row([name.as_str(), &measured, &required, met]);
    }
    println!("{title}\n{}\n{table}", machine());
    if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// The middle of some figures; of an even number the lower one.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[(figures.len() - 1) / 2]
}

/// The middle, the least and the most of some figures, as text.
pub fn spread(figures: &[f64], decimals: usize) -> String {
    let least = figures.iter().copied().fold(f64::INFINITY, f64::min);
    let most = figures.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let middle = median(figures.to_vec());
    format!("{middle:.decimals$} ({least:.decimals$} to {most:.decimals$})")
}

/// A number from the environment, for shorter trials; `usual` unless it is set.
pub fn setting(name: &str, usual: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// A path as an argument of a child.
pub fn argument(path: &std::path::Path) -> String {
    path.to_str().expect("a path that is text").to_owned()
}

/// A path from an argument of a child.
pub fn path_from(argument: &str) -> PathBuf {
    PathBuf::from(argument)
}
