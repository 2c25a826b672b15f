//! The thin driver between a session and a link.

use futures_util::StreamExt;

use crate::sync::{
    SyncError,
    link::Link,
    session::{Outcome, Session, Step},
};

/// Runs `session` over `link`. Frames are stored on blocking threads; the next one is asked for
/// only when the last one is on the disk, so that nothing piles up here.
pub async fn pull<L: Link>(
    link: &mut L,
    session: Session,
) -> (Option<Outcome>, Result<(), SyncError>) {
    let mut running = Some(session);
    let result = run(link, &mut running).await;
    (running.map(Session::into_outcome), result)
}

async fn run<L: Link>(link: &mut L, running: &mut Option<Session>) -> Result<(), SyncError> {
    let request = blocking(running, Session::request).await?;
    let mut frames = link.pull(request).await?;
    while let Some(frame) = frames.next().await {
        let frame = frame?;
        if blocking(running, move |session| session.accept(frame)).await? == Step::Done {
            return Ok(());
        }
    }
    Err(SyncError::CutOff)
}

async fn blocking<T: Send + 'static>(
    running: &mut Option<Session>,
    work: impl FnOnce(&mut Session) -> Result<T, SyncError> + Send + 'static,
) -> Result<T, SyncError> {
    let mut session = running.take().ok_or(SyncError::Panicked)?;
    let task = tokio::task::spawn_blocking(move || {
        let result = work(&mut session);
        (session, result)
    });
    let (session, result) = task.await.map_err(|_| SyncError::Panicked)?;
    *running = Some(session);
    result
}
