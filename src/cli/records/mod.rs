//! `essaim enterprise`, `visit`, `request`, `answer` and `consent`: the hub's own records, for its
//! own staff.
//!
//! What the kinds of records have in common is here and in [`field`]: reading, lists, and writes
//! that state fields. Steps of a life are with their kind.

use std::{fmt::Write, fs, io::Read, path::Path};

use anyhow::{Context, bail};
use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value};
use tonic::transport::Channel;
use uuid::Uuid;

use crate::cli::{
    Done,
    args::{
        CallArgs,
        records::{CreateArgs, GetArgs, ListArgs, UpdateArgs, WriteArgs},
    },
    call::{self, CallError},
    output::{self, Fields},
    records::field::{Fault, Field},
};

pub(super) mod answer;
pub(super) mod consent;
pub(super) mod enterprise;
mod field;
pub(super) mod request;
#[cfg(test)]
mod tests;
pub(super) mod visit;

/// Largest file of a record, in bytes: twice what the texts of one may take together.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// A kind of records that can be read and listed.
trait Readable: Sized {
    /// The collection of its resource names.
    const COLLECTION: &'static str;
    /// The columns of its lists.
    const COLUMNS: &'static [&'static str];

    /// Its resource name and etag.
    fn version(&self) -> (&str, &str);

    /// Its fields, for printing.
    fn fields(self) -> Fields;

    /// Reads one.
    async fn get(channel: Channel, name: String) -> Result<Self, CallError>;

    /// Reads a page, of all or of what belongs to `owner` (a resource name), and says which token
    /// the next one has.
    async fn page(
        channel: Channel,
        owner: String,
        page_token: String,
    ) -> Result<(Vec<Self>, String), CallError>;
}

/// A kind of records that are made and changed by stating fields.
trait Writable: Readable + 'static {
    /// All its fields.
    const FIELDS: &'static [Field<Self>];

    /// The fields without which none is made.
    const REQUIRED: &'static [&'static str];

    /// One of which nothing is known yet.
    fn blank() -> Self;

    /// Sets what follows from the fields stated of the record as it then is, and returns the mask
    /// paths of what it set.
    fn complete(&mut self, _stated: &Map<String, Value>) -> &'static [&'static str] {
        &[]
    }

    /// Makes one.
    async fn create(channel: Channel, record: Self, request_id: String) -> Result<Self, CallError>;

    /// Changes the fields at `paths` of the one that `record` names, at the etag it bears.
    async fn update(
        channel: Channel,
        record: Self,
        paths: Vec<String>,
        request_id: String,
    ) -> Result<Self, CallError>;

    /// Sets the etag a change is based on.
    fn set_etag(&mut self, etag: String);
}

/// The writes of [`Writable`] through the service of a kind: services differ in names only. Takes
/// the client, the field that holds the record, and each method with its request.
macro_rules! writes_through {
    (
        $client:ident, $record:ident,
        $create:ident($create_request:ident), $update:ident($update_request:ident)
    ) => {
        async fn create(
            channel: Channel,
            record: Self,
            request_id: String,
        ) -> Result<Self, CallError> {
            let request = $create_request { $record: Some(record), request_id };
            let called = $client::new(channel).$create(request).await;
            Ok(call::answer(called)?.$record.unwrap_or_default())
        }

        async fn update(
            channel: Channel,
            record: Self,
            paths: Vec<String>,
            request_id: String,
        ) -> Result<Self, CallError> {
            let update_mask = Some(prost_types::FieldMask { paths });
            let request = $update_request { $record: Some(record), update_mask, request_id };
            let called = $client::new(channel).$update(request).await;
            Ok(call::answer(called)?.$record.unwrap_or_default())
        }

        fn set_etag(&mut self, etag: String) {
            self.etag = etag;
        }
    };
}
use writes_through;

/// The resource name of `id` among its kind.
fn name<R: Readable>(id: Uuid) -> String {
    format!("{}/{id}", R::COLLECTION)
}

fn show<R: Readable>(call: &CallArgs, record: R) -> anyhow::Result<Done> {
    output::one(call.format, record.fields())?;
    Ok(Done::Yes)
}

async fn get<R: Readable>(args: &GetArgs) -> anyhow::Result<Done> {
    let channel = call::connect(&args.call.reach, call::QUICK).await?;
    show(&args.call, R::get(channel, name::<R>(args.id)).await?)
}

/// Prints what belongs to `owner` (a resource name), or everything if that is empty.
async fn list<R: Readable>(args: &ListArgs, owner: String) -> anyhow::Result<Done> {
    let channel = call::connect(&args.call.reach, call::QUICK).await?;
    let rows_max = args.rows as usize;
    let mut rows = Vec::new();
    let mut page_token = String::new();
    // One more than asked for tells whether there are more.
    while rows.len() <= rows_max {
        let (page, next) = R::page(channel.clone(), owner.clone(), page_token).await?;
        rows.extend(page.into_iter().map(R::fields));
        page_token = next;
        if page_token.is_empty() {
            break;
        }
    }
    let more = rows.len() > rows_max;
    rows.truncate(rows_max);
    let shown = rows.len();
    output::list(args.call.format, rows, R::COLUMNS)?;
    output::tell_more(shown, more);
    Ok(Done::Yes)
}

async fn create<R: Writable, F: Args + Serialize>(args: &CreateArgs<F>) -> anyhow::Result<Done> {
    let stated = stated(&args.fields, args.from.as_deref())?;
    let mut record = R::blank();
    let mut faults = field::fill(R::FIELDS, &mut record, &stated);
    faults.extend(field::missing(R::REQUIRED, &stated));
    if !faults.is_empty() {
        return Err(refused(&faults));
    }
    record.complete(&stated);
    let channel = call::connect(&args.write.call.reach, call::QUICK).await?;
    let request_id = call::request_id(args.write.request_id);
    let made = R::create(channel, record, request_id.clone()).await;
    let made = made.map_err(|error| by_flags::<R>(error));
    show(&args.write.call, call::settled(made, &format!("--request-id {request_id}"))?)
}

async fn update<R: Writable, F: Args + Serialize>(args: &UpdateArgs<F>) -> anyhow::Result<Done> {
    let mut stated = stated(&args.fields, args.from.as_deref())?;
    // A file that was printed from the record says which revision it was printed from.
    let etag_of_file = stated.remove("etag");
    for name in &args.clear {
        if stated.insert(name.clone(), Value::Null).is_some_and(|value| !value.is_null()) {
            bail!("{name} is both stated and to be emptied; leave one of them out");
        }
    }
    let channel = call::connect(&args.write.call.reach, call::QUICK).await?;
    let mut record = R::get(channel.clone(), name::<R>(args.id)).await?;
    let paths = field::change(R::FIELDS, &mut record, &stated);
    let mut paths = paths.map_err(|faults| refused(&faults))?;
    if paths.is_empty() {
        bail!("No change is stated; name a field, as in --remarks TEXT, or a file with --from");
    }
    paths.extend(record.complete(&stated).iter().map(|&path| path.to_owned()));
    let etag = args.etag.map(|etag| etag.to_string());
    if let Some(etag) = etag.or_else(|| etag_of_file?.as_str().map(str::to_owned)) {
        record.set_etag(etag);
    }
    let request_id = call::request_id(args.write.request_id);
    let again = format!("--etag {} --request-id {request_id}", record.version().1);
    let changed = R::update(channel, record, paths, request_id).await;
    let changed = changed.map_err(|error| by_flags::<R>(error));
    show(&args.write.call, call::settled(changed, &again)?)
}

/// What a step of a record's life needs to be sent.
struct Step {
    channel: Channel,
    name: String,
    etag: String,
    request_id: String,
    again: String,
}

impl Step {
    /// A step of the record `id`. Without an etag, it is taken from whatever the record now is.
    async fn of<R: Readable>(
        id: Uuid,
        etag: Option<u64>,
        write: &WriteArgs,
    ) -> anyhow::Result<Self> {
        let channel = call::connect(&write.call.reach, call::QUICK).await?;
        let name = name::<R>(id);
        let etag = match etag {
            Some(etag) => etag.to_string(),
            None => R::get(channel.clone(), name.clone()).await?.version().1.to_owned(),
        };
        let request_id = call::request_id(write.request_id);
        let again = format!("--etag {etag} --request-id {request_id}");
        Ok(Self { channel, name, etag, request_id, again })
    }
}

/// The fields that flags and file state, flags first.
fn stated(flags: &impl Serialize, from: Option<&Path>) -> anyhow::Result<Map<String, Value>> {
    let mut stated = from.map(read).transpose()?.unwrap_or_default();
    let Value::Object(flags) = serde_json::to_value(flags)? else {
        bail!("Flags are no object; please report this");
    };
    stated.extend(flags.into_iter().filter(|(_, value)| !value.is_null()));
    Ok(stated)
}

fn read(file: &Path) -> anyhow::Result<Map<String, Value>> {
    let shown = file.display();
    let context = || format!("Cannot read {shown}");
    let mut text = String::new();
    let opened = fs::File::open(file).with_context(context)?;
    opened.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).with_context(context)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        bail!("{shown} is larger than {FILE_BYTES_MAX} bytes; it must hold one record");
    }
    serde_json::from_str(&text).with_context(|| {
        format!("{shown} must hold one JSON object, as `get --format json` prints")
    })
}

/// The failure of a write, with the flags of the fields that the node does not take.
fn by_flags<R: Writable>(error: CallError) -> CallError {
    in_flags(error, |told| field::flag_of(R::FIELDS, told))
}

fn in_flags(error: CallError, flag_of: impl Fn(&str) -> String) -> CallError {
    let wrong = error.wrong_fields().into_iter();
    let faults: Vec<_> =
        wrong.map(|(field, problem)| Fault { field: flag_of(&field), problem }).collect();
    if faults.is_empty() { error } else { error.in_words(listed(&faults)) }
}

/// A step that came to an end; of one that did not, the flags of the fields that the node does not
/// take, or how to try again.
fn settled<T>(called: Result<T, CallError>, again: &str) -> anyhow::Result<T> {
    call::settled(called.map_err(|error| in_flags(error, field::flag_of_step)), again)
}

fn refused(faults: &[Fault]) -> anyhow::Error {
    anyhow::Error::msg(listed(faults))
}

fn listed(faults: &[Fault]) -> String {
    let mut text = format!("{} field(s) cannot be taken:", faults.len());
    for fault in faults {
        // Writing to a text does not fail.
        let _ = write!(text, "\n  {fault}");
    }
    text
}
