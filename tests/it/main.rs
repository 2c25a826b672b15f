//! Real nodes: real sockets with mutual TLS on loopback, real files, real processes where they are
//! killed. What belongs here: behaviour that no single module shows.

mod commands;
mod damage;
mod deployment;
mod disclosure_releases;
mod disclosure_tool;
mod kenya;
mod kill;
mod leak;
mod links;
mod process;
mod services;
mod stand;
mod tls;
