//! `essaim enterprise`.

use serde_json::{Map, Value};
use tonic::transport::Channel;

use crate::{
    base::money::Money,
    cli::{
        Done,
        args::records::EnterpriseCommand,
        call::{self, CallError, PAGE_ROWS},
        output::Fields,
        records::{
            self, Readable, Writable, field,
            field::{Field, Slot, Stated},
            writes_through,
        },
    },
    records::size::{self, NOT_CLASSIFIED},
    wire::{
        generated::hub::{
            CreateEnterpriseRequest, Enterprise, EnterpriseIdentity, GetEnterpriseRequest,
            ListEnterprisesRequest, SizeRule, UpdateEnterpriseRequest,
            enterprise_service_client::EnterpriseServiceClient,
        },
        hub::enterprise::rule_to_wire,
    },
};

/// Runs one of the commands.
pub(in crate::cli) fn run(command: &EnterpriseCommand) -> anyhow::Result<Done> {
    call::block_on(async {
        match command {
            EnterpriseCommand::Create(args) => records::create::<Enterprise, _>(args).await,
            EnterpriseCommand::Update(args) => records::update::<Enterprise, _>(args).await,
            EnterpriseCommand::Get(args) => records::get::<Enterprise>(args).await,
            EnterpriseCommand::List(args) => records::list::<Enterprise>(args, String::new()).await,
        }
    })
}

/// Words of the rules that give a size class.
const SIZE_RULES: &[(&str, i32)] = &[
    ("none", SizeRule::None as i32),
    ("declared", SizeRule::Declared as i32),
    ("headcount", SizeRule::Headcount as i32),
    ("turnover", SizeRule::Turnover as i32),
];

/// A field at the top of the record.
const fn coded(name: &'static str, slot: fn(&mut Enterprise) -> Slot<'_>) -> Field<Enterprise> {
    Field { name, path: name, stated: Stated::Always, slot }
}

/// A field of the identifying part.
const fn identifying(
    name: &'static str,
    path: &'static str,
    slot: fn(&mut Enterprise) -> Slot<'_>,
) -> Field<Enterprise> {
    Field { name, path, stated: Stated::Always, slot }
}

fn who(record: &mut Enterprise) -> &mut EnterpriseIdentity {
    record.identity.get_or_insert_default()
}

impl Readable for Enterprise {
    const COLLECTION: &'static str = "enterprises";
    const COLUMNS: &'static [&'static str] =
        &["id", "enterprise_name", "region", "filiere", "size", "registered_on"];

    fn version(&self) -> (&str, &str) {
        (&self.name, &self.etag)
    }

    fn fields(self) -> Fields {
        field::all(Self::FIELDS, self)
    }

    async fn get(channel: Channel, name: String) -> Result<Self, CallError> {
        let request = GetEnterpriseRequest { name };
        let called = EnterpriseServiceClient::new(channel).get_enterprise(request).await;
        Ok(call::answer(called)?.enterprise.unwrap_or_default())
    }

    async fn page(
        channel: Channel,
        _owner: String,
        page_token: String,
    ) -> Result<(Vec<Self>, String), CallError> {
        let request = ListEnterprisesRequest { page_size: PAGE_ROWS, page_token };
        let called = EnterpriseServiceClient::new(channel).list_enterprises(request).await;
        let page = call::answer(called)?;
        Ok((page.enterprises, page.next_page_token))
    }
}

impl Writable for Enterprise {
    const FIELDS: &'static [Field<Self>] = &[
        Field {
            name: "id",
            path: "name",
            stated: Stated::ByNode,
            slot: |record| Slot::Name(&mut record.name, Self::COLLECTION),
        },
        Field {
            name: "etag",
            path: "etag",
            stated: Stated::ByNode,
            slot: |record| Slot::Text(&mut record.etag),
        },
        coded("region", |record| Slot::Text(&mut record.region)),
        coded("filiere", |record| Slot::Text(&mut record.filiere)),
        coded("citi_group", |record| Slot::Text(&mut record.citi_group)),
        coded("size", |record| Slot::Text(&mut record.size)),
        coded("size_rule", |record| Slot::Word(&mut record.size_rule, SIZE_RULES)),
        coded("headcount", |record| Slot::Count(&mut record.headcount)),
        coded("turnover_minor", |record| Slot::Amount(&mut record.turnover_minor)),
        coded("sex", |record| Slot::Text(&mut record.sex)),
        coded("status", |record| Slot::Text(&mut record.status)),
        coded("holding", |record| Slot::Text(&mut record.holding)),
        coded("registered_on", |record| Slot::Text(&mut record.registered_on)),
        identifying("enterprise_name", "identity.name", |record| Slot::Text(&mut who(record).name)),
        identifying("head_name", "identity.head_name", |record| {
            Slot::Text(&mut who(record).head_name)
        }),
        identifying("telephones", "identity.telephones", |record| {
            Slot::Texts(&mut who(record).telephones)
        }),
        identifying("email", "identity.email", |record| Slot::Text(&mut who(record).email)),
        identifying("locality", "identity.locality", |record| {
            Slot::Text(&mut who(record).locality)
        }),
        identifying("latitude_microdegrees", "identity.latitude_microdegrees", |record| {
            Slot::Angle(&mut who(record).latitude_microdegrees)
        }),
        identifying("longitude_microdegrees", "identity.longitude_microdegrees", |record| {
            Slot::Angle(&mut who(record).longitude_microdegrees)
        }),
        identifying("registration_number", "identity.registration_number", |record| {
            Slot::Text(&mut who(record).registration_number)
        }),
        identifying("remarks", "identity.remarks", |record| Slot::Text(&mut who(record).remarks)),
    ];

    const REQUIRED: &'static [&'static str] = &["region", "filiere", "registered_on"];

    fn blank() -> Self {
        let unknown = || "_U".to_owned();
        Self {
            citi_group: unknown(),
            size: NOT_CLASSIFIED.into(),
            sex: unknown(),
            status: unknown(),
            ..Self::default()
        }
    }

    /// A class stated without its rule was declared. One that was not declared follows from what
    /// is stated of headcount and turnover, as for the importer.
    fn complete(&mut self, stated: &Map<String, Value>) -> &'static [&'static str] {
        let states = |name| stated.contains_key(name);
        let measured = states("headcount") || states("turnover_minor");
        match (states("size"), states("size_rule")) {
            (true, false) => {
                let classed = self.size != NOT_CLASSIFIED;
                self.set_size_rule(if classed { SizeRule::Declared } else { SizeRule::None });
                &["size_rule"]
            }
            (false, false) if measured && self.size_rule() != SizeRule::Declared => {
                let (size, rule) = size::class(self.headcount, self.turnover_minor.map(Money));
                self.size = size.into();
                self.set_size_rule(rule_to_wire(rule));
                &["size", "size_rule"]
            }
            // A rule stated without a class is refused by the node.
            (_, true) | (false, false) => &[],
        }
    }

    writes_through! {
        EnterpriseServiceClient, enterprise,
        create_enterprise(CreateEnterpriseRequest), update_enterprise(UpdateEnterpriseRequest)
    }
}
