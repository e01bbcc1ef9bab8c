use aws_sdk_dynamodb::{
    error::SdkError,
    operation::create_table::CreateTableError,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
        Projection, ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
        TimeToLiveSpecification,
    },
};
use trennwand_domain::{Error, Result};

use crate::{
    Store, failure,
    layout::{self, attribute},
};

impl Store {
    /// Creates the tables that do not exist yet; for the embedded database and tests.
    ///
    /// # Errors
    /// If the database does not answer or refuses.
    pub async fn create_tables(&self) -> Result<()> {
        self.create_data().await?;
        let created = self
            .dynamo()
            .create_table()
            .table_name(&self.tables().keys)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(key_schema(attribute::PK, attribute::SK)?))
            .set_attribute_definitions(Some(strings(&[attribute::PK, attribute::SK])?))
            .send()
            .await;
        unless_present(created).map(|_| ())
    }

    async fn create_data(&self) -> Result<()> {
        let stream = StreamSpecification::builder()
            .stream_enabled(true)
            .stream_view_type(StreamViewType::NewAndOldImages)
            .build()
            .map_err(Error::internal)?;
        let created = self
            .dynamo()
            .create_table()
            .table_name(&self.tables().data)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(key_schema(attribute::PK, attribute::SK)?))
            .set_attribute_definitions(Some(strings(&[
                attribute::PK,
                attribute::SK,
                attribute::TENANT_PK,
                attribute::TENANT_SK,
                attribute::DUE_PK,
                attribute::DUE_SK,
            ])?))
            .global_secondary_indexes(index(
                layout::BY_TENANT,
                (attribute::TENANT_PK, attribute::TENANT_SK),
                layout::BY_TENANT_ATTRIBUTES,
            )?)
            .global_secondary_indexes(index(
                layout::BY_DUE,
                (attribute::DUE_PK, attribute::DUE_SK),
                layout::BY_DUE_ATTRIBUTES,
            )?)
            .stream_specification(stream)
            .send()
            .await;
        if !unless_present(created)? {
            return Ok(());
        }
        let ttl = TimeToLiveSpecification::builder()
            .enabled(true)
            .attribute_name(attribute::TTL)
            .build()
            .map_err(Error::internal)?;
        self.dynamo()
            .update_time_to_live()
            .table_name(&self.tables().data)
            .time_to_live_specification(ttl)
            .send()
            .await
            .map_err(|e| failure::from_sdk(&e))?;
        Ok(())
    }
}

/// Whether a table was created; `false` if it was there already.
fn unless_present<T>(
    created: Result<T, SdkError<CreateTableError, aws_sdk_dynamodb::config::http::HttpResponse>>,
) -> Result<bool> {
    match created {
        Ok(_) => Ok(true),
        Err(e) if e.as_service_error().is_some_and(|e| e.is_resource_in_use_exception()) => {
            Ok(false)
        }
        Err(e) => Err(failure::from_sdk(&e)),
    }
}

fn key_schema(pk: &str, sk: &str) -> Result<Vec<KeySchemaElement>> {
    [(pk, KeyType::Hash), (sk, KeyType::Range)]
        .into_iter()
        .map(|(name, kind)| {
            let element = KeySchemaElement::builder().attribute_name(name).key_type(kind);
            element.build().map_err(Error::internal)
        })
        .collect()
}

fn strings(names: &[&str]) -> Result<Vec<AttributeDefinition>> {
    let define = |name: &&str| {
        AttributeDefinition::builder()
            .attribute_name(*name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .map_err(Error::internal)
    };
    names.iter().map(define).collect()
}

fn index(name: &str, (pk, sk): (&str, &str), carried: &[&str]) -> Result<GlobalSecondaryIndex> {
    let carried = carried.iter().map(|&name| name.to_owned()).collect();
    let projection = Projection::builder()
        .projection_type(ProjectionType::Include)
        .set_non_key_attributes(Some(carried))
        .build();
    GlobalSecondaryIndex::builder()
        .index_name(name)
        .set_key_schema(Some(key_schema(pk, sk)?))
        .projection(projection)
        .build()
        .map_err(Error::internal)
}
