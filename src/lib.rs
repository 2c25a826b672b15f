//! # Essaim: a federated exchange node for technology-information hubs
//!
//! One binary, `essaim`. Each country's hub runs it as its node. A node keeps the hub's
//! confidential records (enterprises, visits, support requests, answers, consents) in sled, and
//! exchanges with the other members only two things: **anonymized indicators** and **technology
//! items** (notes, calls, replies).
//!
//! ```text
//!  hub staff                                                analysts, authors, public
//!     │ rpc::hub, web                                            ▲ rpc::exchange, web
//!     ▼                                                          │
//!  intake ─► records ─► indicators ─► disclosure ─► release ─┐  statistics   library
//!  (files)  (private)    (cubes)      (SafeTable)    (gate)  │      ▲           ▲
//!                                                            ▼      │           │
//!  research centre ─► note ──────────────► publication ─► log ──────┴───────────┘
//!                                                          ▲▼
//!                                              sync ◄── rpc::sync ──► other nodes
//! ```
//!
//! **The one idea**: everything that crosses a border is an *entry* in the append-only, signed
//! log of the member that wrote it. One mechanism carries, authenticates, replicates, resumes,
//! verifies and withdraws them all. What users query is a *projection*, rebuilt at will from the
//! logs. Records have no path into a log except through disclosure control.
//!
//! ## Modules and their ranks
//! A module uses only modules of lower rank; `tests/tidy.rs` reads the `crate::` paths and refuses
//! anything else.
//!
//! | rank | module | holds |
//! |---|---|---|
//! | 0 | [`base`] | identifiers, periods, clock, canonical bytes, limits, money |
//! | 1 | [`codes`] | code lists, indicator catalogue and table plan, as data |
//! | 1 | [`store`] | the `Store` trait, sled behind it, its twin in memory |
//! | 1 | [`keys`] | Ed25519 signers, key files, signed notes, roster |
//! | 2 | [`publication`] | what crosses a border: types, canonical codecs, `Admitted` |
//! | 3 | [`log`] | headers, Merkle tree, checkpoints, append, verification |
//! | 3 | [`records`] | the private repository and its journal |
//! | 4 | [`intake`] | importers: sniffing, mapping files, quarantine, report |
//! | 4 | [`indicators`] | records → cubes (pure) |
//! | 5 | [`disclosure`] | rules, protection, audit; the sole maker of `SafeTable` |
//! | 6 | [`release`] | the gate: state machine, transcript, review |
//! | 6 | [`library`] | technology notes: pure state from entries |
//! | 6 | [`statistics`] | published tables of all members: blocks, query, intervals |
//! | 7 | [`sync`] | pure peer state machine over `trait Link` |
//! | 8 | [`wire`] | generated prost types and the only conversions to and from them |
//! | 9 | [`rpc`] | tonic services, TLS, who may call what |
//! | 9 | [`web`] | health and metrics over HTTP |
//! | 10 | [`config`] | the node's configuration file |
//! | 11 | [`node`] | composition root: numbered start, reverse shutdown |
//! | 12 | [`cli`] | the commands |
//!
//! ## Invariants, written as absences
//! - No path in the module graph leads from `log`, `sync`, `publication`, `statistics`, `library`,
//!   `disclosure::public`, `rpc::exchange`, `rpc::sync` to `records`, `intake` or `indicators`.
//! - No domain type derives `prost` or is serialized to another member as it stands.
//! - Nothing but `store/sled.rs` names sled. No system clock outside `base/clock.rs`.
//! - Nothing but `disclosure` makes a `SafeTable`; only `release`, `library` and `node` ask
//!   `publication` for the `Admitted` that `log` appends.
//! - Nothing published tells why a cell is hidden, or contains a hash, identifier, length or order
//!   computed from hidden values or rule parameters.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod base;
pub mod cli;
pub mod codes;
pub mod config;
pub mod disclosure;
pub mod indicators;
pub mod intake;
pub mod keys;
pub mod library;
pub mod log;
pub mod node;
pub mod publication;
pub mod records;
pub mod release;
pub mod rpc;
pub mod statistics;
pub mod store;
pub mod sync;
pub mod web;
pub mod wire;
