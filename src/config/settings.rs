//! From the fields of the text to a checked [`Config`].

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use crate::{
    base::{id::MemberCode, limits::NAME_BYTES_MAX},
    config::{
        Config, ConfigFault, KeyFiles, Limits, Listeners, LogFormat, LogSettings,
        SHUTDOWN_DEADLINE_SECONDS_MAX, SyncSettings, disclosure,
        reader::{Reader, Section},
    },
    keys::roster::MemberKind,
};

const MEBIBYTE: u64 = 1024 * 1024;
const SYNC_BUDGET_BYTES_DEFAULT: u64 = 8 * MEBIBYTE;
const IMPORT_BYTES_DEFAULT: u64 = 1024 * MEBIBYTE;

/// Reads the whole text; see [`Config::from_toml`].
pub(super) fn read(text: &str, base_folder: &Path) -> Result<Config, Vec<ConfigFault>> {
    let (mut reader, mut root) = Reader::new(text);
    let r = &mut reader;
    let member = r.required_text(&mut root, "member");
    let member = r.parse::<MemberCode>(&root, "member", member);
    let kind = kind(r, &mut root);
    let name = name(r, &mut root);
    let data_folder = path(r, &mut root, "data_folder", base_folder);
    let roster_file = path(r, &mut root, "roster_file", base_folder);
    let regions_file = r.text(&mut root, "regions_file").flatten();
    let closing_days = r.number_or(&mut root, "closing_days", 0..=366, 30);
    let listeners = listeners(r, &mut root);
    let keys = keys(r, &mut root, base_folder);
    let store_cache_bytes = store_cache(r, &mut root);
    let disclosure = disclosure::read(r, &mut root, kind);
    let sync = sync(r, &mut root);
    let limits = limits(r, &mut root);
    let log = log(r, &mut root);
    let shutdown_deadline_seconds = shutdown(r, &mut root);
    r.refuse_unknown(root);
    let config = (|| {
        Some(Config {
            member: member?.value,
            kind: kind?,
            name: name?,
            data_folder: data_folder?,
            roster_file: roster_file?,
            regions_file: regions_file.map(|found| base_folder.join(found.value)),
            closing_days,
            listeners: listeners?,
            keys: keys?,
            store_cache_bytes,
            disclosure,
            sync,
            limits,
            log,
            shutdown_deadline_seconds,
        })
    })();
    reader.finish(config)
}

fn kind<'a>(r: &mut Reader<'a>, root: &mut Section<'a>) -> Option<MemberKind> {
    let found = r.required_text(root, "kind")?;
    let kind = MemberKind::from_name(&found.value);
    if kind.is_none() {
        r.fault(&found, "kind", "Must be \"national\", \"coordinator\" or \"research\"");
    }
    kind
}

fn name<'a>(r: &mut Reader<'a>, root: &mut Section<'a>) -> Option<String> {
    let found = r.required_text(root, "name")?;
    if found.value.len() > NAME_BYTES_MAX {
        r.fault(&found, "name", format!("Is longer than {NAME_BYTES_MAX} bytes"));
        return None;
    }
    Some(found.value)
}

fn path<'a>(
    r: &mut Reader<'a>,
    section: &mut Section<'a>,
    field: &'static str,
    base_folder: &Path,
) -> Option<PathBuf> {
    Some(base_folder.join(r.required_text(section, field)?.value))
}

fn listeners<'a>(r: &mut Reader<'a>, root: &mut Section<'a>) -> Option<Listeners> {
    let mut section = r.section(root, "listeners");
    let hub = r.required_text(&mut section, "hub");
    let hub = r.parse::<SocketAddr>(&section, "hub", hub);
    let exchange = r.required_text(&mut section, "exchange");
    let exchange = r.parse::<SocketAddr>(&section, "exchange", exchange);
    let web = r.text(&mut section, "web").flatten();
    let web = r.parse::<SocketAddr>(&section, "web", web);
    let mut taken: Vec<SocketAddr> = Vec::new();
    for (field, found) in [("hub", &hub), ("exchange", &exchange), ("web", &web)] {
        let Some(found) = found else { continue };
        if found.value.port() != 0 && taken.contains(&found.value) {
            let problem = "Is the address of another listener; give each its own";
            r.fault(found, &section.field(field), problem);
        }
        taken.push(found.value);
    }
    r.refuse_unknown(section);
    Some(Listeners {
        hub: hub?.value,
        exchange: exchange?.value,
        web: web.map(|found| found.value),
    })
}

fn keys<'a>(r: &mut Reader<'a>, root: &mut Section<'a>, base_folder: &Path) -> Option<KeyFiles> {
    let mut section = r.section(root, "keys");
    let node_certificate_file = path(r, &mut section, "node_certificate_file", base_folder);
    let node_key_file = path(r, &mut section, "node_key_file", base_folder);
    let log_key_file = path(r, &mut section, "log_key_file", base_folder);
    let log_epoch = r.number_or(&mut section, "log_epoch", 1..=u32::MAX, 1);
    r.refuse_unknown(section);
    Some(KeyFiles {
        node_certificate_file: node_certificate_file?,
        node_key_file: node_key_file?,
        log_key_file: log_key_file?,
        log_epoch,
    })
}

fn store_cache<'a>(r: &mut Reader<'a>, root: &mut Section<'a>) -> u64 {
    let mut section = r.section(root, "store");
    let mebibytes = r.number_or(&mut section, "cache_mebibytes", 4..=65_536, 16);
    r.refuse_unknown(section);
    u64::from(mebibytes) * MEBIBYTE
}

fn sync<'a>(r: &mut Reader<'a>, root: &mut Section<'a>) -> SyncSettings {
    let mut section = r.section(root, "sync");
    let interval_seconds = r.number_or(&mut section, "interval_seconds", 1..=86_400, 300);
    let neighbours = r.list::<MemberCode>(&mut section, "neighbours").flatten();
    let budget = r.number(&mut section, "budget_bytes", 65_536..=1_073_741_824).flatten();
    let silence_seconds_max = r.number_or(&mut section, "silence_seconds_max", 1..=3600, 60);
    if let Some(found) = neighbours.as_ref().filter(|found| found.value.is_empty()) {
        let problem = "Names nobody; leave it out to pull from every member";
        r.fault(found, "sync.neighbours", problem);
    }
    r.refuse_unknown(section);
    SyncSettings {
        interval_seconds,
        neighbours: neighbours.map(|found| found.value),
        budget_bytes: budget.map_or(SYNC_BUDGET_BYTES_DEFAULT, |found| found.value),
        silence_seconds_max,
    }
}

fn limits<'a>(r: &mut Reader<'a>, root: &mut Section<'a>) -> Limits {
    let mut section = r.section(root, "limits");
    let import = r.number(&mut section, "import_bytes_max", MEBIBYTE..=1 << 40).flatten();
    let limits = Limits {
        connections_max: r.number_or(&mut section, "connections_max", 1..=10_000, 256),
        concurrent_calls_max: r.number_or(&mut section, "concurrent_calls_max", 1..=1000, 64),
        call_seconds_max: r.number_or(&mut section, "call_seconds_max", 1..=3600, 60),
        import_bytes_max: import.map_or(IMPORT_BYTES_DEFAULT, |found| found.value),
    };
    r.refuse_unknown(section);
    limits
}

fn log<'a>(r: &mut Reader<'a>, root: &mut Section<'a>) -> LogSettings {
    let mut section = r.section(root, "log");
    let format = match r.text(&mut section, "format").flatten() {
        None => LogFormat::Text,
        Some(found) if found.value == "text" => LogFormat::Text,
        Some(found) => {
            if found.value != "json" {
                r.fault(&found, "log.format", "Must be \"text\" or \"json\"");
            }
            LogFormat::Json
        }
    };
    let filter = r.text(&mut section, "filter").flatten();
    if let Some(found) = &filter
        && let Err(problem) = found.value.parse::<tracing_subscriber::filter::EnvFilter>()
    {
        r.fault(found, "log.filter", format!("Is no filter: {problem}"));
    }
    r.refuse_unknown(section);
    LogSettings { format, filter: filter.map_or_else(|| "info".into(), |found| found.value) }
}

fn shutdown<'a>(r: &mut Reader<'a>, root: &mut Section<'a>) -> u32 {
    let mut section = r.section(root, "shutdown");
    let seconds =
        r.number_or(&mut section, "deadline_seconds", 1..=SHUTDOWN_DEADLINE_SECONDS_MAX, 20);
    r.refuse_unknown(section);
    seconds
}
