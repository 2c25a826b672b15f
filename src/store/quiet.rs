//! Panics of sled, taken as the errors they are. sled 0.34 panics on some damaged files; who runs
//! a node is then told what to do, and not where in sled's source something was not as expected.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook},
    sync::Once,
};

/// What the names of sled's own threads for reading and writing begin with.
const THREAD_NAMES: &str = "sled-io-";

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// Does `work`; `None` if it panicked. Nothing is printed then.
pub(super) fn catch<T>(work: impl FnOnce() -> T) -> Option<T> {
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            let thread = std::thread::current();
            let of_sled = thread.name().is_some_and(|name| name.starts_with(THREAD_NAMES));
            if !of_sled && !QUIET.get() {
                before(panic);
            }
        }));
    });
    let outer = QUIET.replace(true);
    // What a panic leaves half done is sled's own; after one, its callers give up the store.
    let done = catch_unwind(AssertUnwindSafe(work));
    QUIET.set(outer);
    done.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_and_work_done_is_handed_out() {
        assert_eq!(catch(|| 3), Some(3));
        assert_eq!(catch(|| -> u8 { panic!("must not be printed") }), None);
        assert_eq!(catch(|| catch(|| -> u8 { panic!("must not be printed") })), Some(None));
        assert!(!QUIET.get());
    }
}
