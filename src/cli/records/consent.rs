//! `essaim consent`: what enterprises have agreed to.

use anyhow::bail;
use prost_types::FieldMask;
use serde_json::json;
use tonic::transport::Channel;

use crate::{
    cli::{
        Done,
        args::{
            consent::{ConsentCommand, GiveArgs, Purpose, UpdateConsentArgs},
            records::StepArgs,
        },
        call::{self, CallError, PAGE_ROWS},
        output::Fields,
        records::{self, Readable, Step, field::id, show},
    },
    wire::generated::hub::{
        Consent, ConsentPurpose, Enterprise, GetConsentRequest, GiveConsentRequest,
        ListConsentsRequest, UpdateConsentRequest, WithdrawConsentRequest,
        consent_service_client::ConsentServiceClient,
    },
};

/// Runs one of the commands.
pub(in crate::cli) fn run(command: &ConsentCommand) -> anyhow::Result<Done> {
    call::block_on(async {
        match command {
            ConsentCommand::Give(args) => give(args).await,
            ConsentCommand::Update(args) => update(args).await,
            ConsentCommand::Withdraw(args) => withdraw(args).await,
            ConsentCommand::Get(args) => records::get::<Consent>(args).await,
            ConsentCommand::List(args) => {
                let owner = args.enterprise.map(records::name::<Enterprise>);
                records::list::<Consent>(&args.list, owner.unwrap_or_default()).await
            }
        }
    })
}

async fn give(args: &GiveArgs) -> anyhow::Result<Done> {
    let purpose = match args.purpose {
        Purpose::FollowUp => ConsentPurpose::FollowUp,
        Purpose::AnonymizedIndicators => ConsentPurpose::AnonymizedIndicators,
        Purpose::CasePublication => ConsentPurpose::CasePublication,
    };
    let consent = Consent {
        enterprise: records::name::<Enterprise>(args.enterprise),
        purpose: purpose.into(),
        text_version: args.text_version.clone(),
        medium: args.medium.clone(),
        given_on: args.on.to_string(),
        ..Consent::default()
    };
    let request_id = call::request_id(args.write.request_id);
    let again = format!("--request-id {request_id}");
    let mut client =
        ConsentServiceClient::new(call::connect(&args.write.call.reach, call::QUICK).await?);
    let request = GiveConsentRequest { consent: Some(consent), request_id };
    let called = call::answer(client.give_consent(request).await);
    show(&args.write.call, records::settled(called, &again)?.consent.unwrap_or_default())
}

async fn update(args: &UpdateConsentArgs) -> anyhow::Result<Done> {
    let UpdateConsentArgs { text_version, medium, given_on, .. } = args;
    let stated = [
        ("text_version", text_version.is_some()),
        ("medium", medium.is_some()),
        ("given_on", given_on.is_some()),
    ];
    let paths = stated.iter().filter(|(_, stated)| *stated);
    let paths: Vec<_> = paths.map(|(path, _)| (*path).to_owned()).collect();
    if paths.is_empty() {
        bail!("No change is stated; name a field, as in --medium CODE");
    }
    let step = Step::of::<Consent>(args.id, args.etag, &args.write).await?;
    let consent = Consent {
        name: step.name,
        etag: step.etag,
        text_version: text_version.clone().unwrap_or_default(),
        medium: medium.clone().unwrap_or_default(),
        given_on: given_on.map(|day| day.to_string()).unwrap_or_default(),
        ..Consent::default()
    };
    let request = UpdateConsentRequest {
        consent: Some(consent),
        update_mask: Some(FieldMask { paths }),
        request_id: step.request_id,
    };
    let mut client = ConsentServiceClient::new(step.channel);
    let called = call::answer(client.update_consent(request).await);
    show(&args.write.call, call::settled(called, &step.again)?.consent.unwrap_or_default())
}

async fn withdraw(args: &StepArgs) -> anyhow::Result<Done> {
    let step = Step::of::<Consent>(args.id, args.etag, &args.write).await?;
    let request = WithdrawConsentRequest {
        name: step.name,
        etag: step.etag,
        withdrawn_on: args.on.to_string(),
        request_id: step.request_id,
    };
    let mut client = ConsentServiceClient::new(step.channel);
    let called = call::answer(client.withdraw_consent(request).await);
    show(&args.write.call, records::settled(called, &step.again)?.consent.unwrap_or_default())
}

/// The word of the command line.
fn word(purpose: ConsentPurpose) -> &'static str {
    match purpose {
        ConsentPurpose::Unspecified => "unspecified",
        ConsentPurpose::FollowUp => "follow-up",
        ConsentPurpose::AnonymizedIndicators => "anonymized-indicators",
        ConsentPurpose::CasePublication => "case-publication",
    }
}

impl Readable for Consent {
    const COLLECTION: &'static str = "consents";
    const COLUMNS: &'static [&'static str] =
        &["id", "enterprise", "purpose", "medium", "given_on", "withdrawn_on"];

    fn version(&self) -> (&str, &str) {
        (&self.name, &self.etag)
    }

    fn fields(self) -> Fields {
        vec![
            ("id", json!(id(&self.name))),
            ("etag", json!(self.etag)),
            ("enterprise", json!(id(&self.enterprise))),
            ("purpose", json!(word(self.purpose()))),
            ("text_version", json!(self.text_version)),
            ("medium", json!(self.medium)),
            ("given_on", json!(self.given_on)),
            ("withdrawn_on", json!(self.withdrawn_on)),
        ]
    }

    async fn get(channel: Channel, name: String) -> Result<Self, CallError> {
        let request = GetConsentRequest { name };
        let called = ConsentServiceClient::new(channel).get_consent(request).await;
        Ok(call::answer(called)?.consent.unwrap_or_default())
    }

    async fn page(
        channel: Channel,
        owner: String,
        page_token: String,
    ) -> Result<(Vec<Self>, String), CallError> {
        let request = ListConsentsRequest { enterprise: owner, page_size: PAGE_ROWS, page_token };
        let called = ConsentServiceClient::new(channel).list_consents(request).await;
        let page = call::answer(called)?;
        Ok((page.consents, page.next_page_token))
    }
}
