//! Support requests.

use crate::{
    base::id::{EnterpriseId, RequestId},
    records::{
        fields::RequestFields,
        types::{RequestIdentity, RequestRecord, RequestState, Revised, SupportRequest, Whole},
    },
    wire::{
        generated::hub as pb,
        hub::{Change, enterprise},
        parse::{self, Invalid, from_day},
    },
};

/// Collection of the resource names.
pub const COLLECTION: &str = "requests";

/// The resource name of `id`.
pub fn name(id: RequestId) -> String {
    format!("{COLLECTION}/{id}")
}

/// As sent.
pub fn to_wire(revised: Revised<RequestRecord>) -> pb::SupportRequest {
    let Revised { revision, record: Whole { coded, identity } } = revised;
    let SupportRequest {
        id,
        enterprise,
        received_on,
        channel,
        theme,
        state,
        assigned_on,
        escalated_on,
        first_answered_on,
        closed_on,
        entered_on: _,
        closing_entered_on: _,
    } = coded;
    let RequestIdentity { referent, question } = identity;
    pb::SupportRequest {
        name: name(id),
        etag: revision.to_string(),
        enterprise: enterprise::name(enterprise),
        received_on: received_on.to_string(),
        channel,
        theme,
        state: state_to_wire(state).into(),
        assigned_on: from_day(assigned_on),
        escalated_on: from_day(escalated_on),
        first_answered_on: from_day(first_answered_on),
        closed_on: from_day(closed_on),
        identity: Some(pb::RequestIdentity { referent, question }),
    }
}

/// A new request as stated.
pub fn from_wire(
    request: Option<pb::SupportRequest>,
) -> Result<(EnterpriseId, RequestFields, RequestIdentity), Invalid> {
    let pb::SupportRequest {
        name,
        etag,
        enterprise,
        received_on,
        channel,
        theme,
        state,
        assigned_on,
        escalated_on,
        first_answered_on,
        closed_on,
        identity,
    } = request.ok_or_else(|| Invalid::missing("request"))?;
    let unset = [
        ("request.name", &name),
        ("request.etag", &etag),
        ("request.assigned_on", &assigned_on),
        ("request.escalated_on", &escalated_on),
        ("request.first_answered_on", &first_answered_on),
        ("request.closed_on", &closed_on),
    ];
    unset.into_iter().try_for_each(|(field, text)| parse::unset(field, text))?;
    if state != 0 {
        return Err(Invalid::new("request.state", "is set by the node; leave it empty"));
    }
    let enterprise = parse::name("request.enterprise", enterprise::COLLECTION, &enterprise)?;
    let received_on = parse::day("request.received_on", &received_on)?;
    let fields = RequestFields::received(received_on, &channel, &theme);
    Ok((enterprise, fields, identity_from_wire(identity.unwrap_or_default())))
}

/// The changes that a mask asks for.
pub fn changes(
    new: pb::SupportRequest,
    paths: &[String],
) -> Result<Vec<Change<RequestFields, RequestIdentity>>, Invalid> {
    paths.iter().map(|path| change(new.clone(), path)).collect()
}

fn change(
    new: pb::SupportRequest,
    path: &str,
) -> Result<Change<RequestFields, RequestIdentity>, Invalid> {
    let identity = identity_from_wire(new.identity.unwrap_or_default());
    Ok(match path {
        "received_on" => {
            let day = parse::day("request.received_on", &new.received_on)?;
            Box::new(move |fields, _| fields.received_on = day)
        }
        "channel" => Box::new(move |fields, _| fields.channel = new.channel),
        "theme" => Box::new(move |fields, _| fields.theme = new.theme),
        "identity" => Box::new(move |_, old| *old = identity),
        "identity.referent" => Box::new(move |_, old| old.referent = identity.referent),
        "identity.question" => Box::new(move |_, old| old.question = identity.question),
        _ => return Err(parse::not_changeable(path)),
    })
}

fn identity_from_wire(identity: pb::RequestIdentity) -> RequestIdentity {
    let pb::RequestIdentity { referent, question } = identity;
    RequestIdentity { referent, question }
}

fn state_to_wire(state: RequestState) -> pb::RequestState {
    match state {
        RequestState::Received => pb::RequestState::Received,
        RequestState::Assigned => pb::RequestState::Assigned,
        RequestState::Escalated => pb::RequestState::Escalated,
        RequestState::Answered => pb::RequestState::Answered,
        RequestState::Closed => pb::RequestState::Closed,
    }
}
