//! Showing how far the demo is: a bar on a terminal, lines elsewhere.

use indicatif::{ProgressBar, ProgressStyle};

/// Progress of the demo.
pub(super) struct Steps(ProgressBar);

impl Steps {
    /// Progress over `count` steps.
    pub(super) fn new(count: u64) -> Self {
        let bar = ProgressBar::new(count);
        // The template is constant.
        if let Ok(style) = ProgressStyle::with_template("[{elapsed}] {bar:40} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(std::time::Duration::from_millis(250));
        Self(bar)
    }

    /// Says what comes next.
    pub(super) fn begin(&self, what: &str) {
        if self.0.is_hidden() {
            eprintln!("{what}");
        }
        self.0.set_message(what.to_owned());
    }

    /// Counts a step.
    pub(super) fn done(&self) {
        self.0.inc(1);
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
