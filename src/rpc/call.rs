//! What every service does with a call: who calls, and blocking work off the async threads.

use tonic::{Request, Status};

use crate::{
    rpc::{
        authorization::refused,
        identity::{Caller, Refusal},
    },
    wire::status,
};

/// Who calls. The gate has put it there; without a gate nobody is let through.
pub fn caller<T>(request: &Request<T>) -> Result<Caller, Status> {
    let caller = request.extensions().get::<Caller>().cloned();
    caller.ok_or_else(|| refused(Refusal::UnknownCertificate))
}

/// Does blocking work (store, disk, long computations) on a thread made for it.
pub async fn blocking<T, E>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Status>
where
    T: Send + 'static,
    E: Into<Status> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(Into::into),
        Err(error) => Err(status::internal(&error)),
    }
}
