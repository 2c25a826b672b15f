//! Properties of every decoder and every pure algorithm, one file per module. What belongs here:
//! arbitrary input, no sockets, no processes. [`damage`] is what several of them do to bytes.

mod cli;
mod codes;
mod config;
mod damage;
mod disclosure;
mod identity;
mod indicators;
mod intake;
mod keys;
mod library;
mod log;
mod publication;
mod records;
mod release;
mod statistics;
mod store;
mod sync;
mod wire;
