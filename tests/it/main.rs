//! Real nodes: real sockets with mutual TLS on loopback, real files, real processes where they are
//! killed. What belongs here: behaviour that no single module shows.

mod damage;
mod kenya;
mod kill;
mod links;
mod process;
mod services;
mod stand;
mod tls;
