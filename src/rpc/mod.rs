//! The node's gRPC listeners and its clients: TLS, who calls, who may call what, and the services.
//!
//! Two listeners. **hub** serves the member's own staff; **exchange** serves all members: their
//! nodes, analysts and authors. `exchange` and `sync` never name what holds records.
//!
//! A request passes: TLS handshake ([`tls`]: unknown roots and expired certificates end here, in
//! their alerts) → who it is ([`identity`]) → what it may ([`authorization`]) → the service.

pub mod authorization;
pub mod call;
pub mod client;
pub mod common;
pub mod credentials;
pub mod exchange;
pub mod hub;
pub mod identity;
pub mod meter;
pub mod node;
pub mod own_log;
mod refusal;
pub mod server;
pub mod sync;
pub mod tls;
