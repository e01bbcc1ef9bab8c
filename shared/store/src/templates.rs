use trennwand_domain::{Error, PolicyTemplate, ResellerId, Result, TemplateId};

use crate::{
    Listed, Page, Store, Transaction, failure,
    item::{Item, json, text},
    layout,
    transaction::{Expression, Table},
};

/// The policies that resellers offer to their tenants.
#[derive(Debug, Clone, Copy)]
pub struct PolicyTemplates<'a> {
    store: &'a Store,
    reseller: ResellerId,
}

impl<'a> PolicyTemplates<'a> {
    pub(crate) const fn new(store: &'a Store, reseller: ResellerId) -> Self {
        Self { store, reseller }
    }

    /// Adds a template.
    pub fn insert(&self, tx: &mut Transaction, template: &PolicyTemplate) {
        let key = layout::policy_template(self.reseller, template.id);
        let item = Item::at(&key).with("js", json(template));
        tx.put(Table::Data, item, Expression::absent(), Error::already_exists("template"));
    }

    /// Makes a template that of new tenants, in place of the one before.
    pub fn put_for_new_tenants(&self, tx: &mut Transaction, id: TemplateId) {
        let key = layout::default_policy_template(self.reseller);
        let item = Item::at(&key).with("tp", text(id));
        tx.put(Table::Data, item, Expression::default(), failure::concurrent_change());
    }

    /// One template.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn get(&self, id: TemplateId) -> Result<Option<PolicyTemplate>> {
        let key = layout::policy_template(self.reseller, id);
        let item = self.store.read(Table::Data, &key).await?;
        item.map(|mut item| item.json("js")).transpose()
    }

    /// The template of new tenants, if the reseller has chosen one.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn of_new_tenants(&self) -> Result<Option<TemplateId>> {
        let key = layout::default_policy_template(self.reseller);
        let item = self.store.read(Table::Data, &key).await?;
        item.map(|mut item| item.parsed("tp")).transpose()
    }

    /// The templates.
    ///
    /// # Errors
    /// If the cursor is not one or the database does not answer.
    pub async fn list(&self, page: &Page) -> Result<Listed<PolicyTemplate>> {
        let span = layout::policy_templates(self.reseller);
        self.store.listed(&span, page, |mut item| item.json("js")).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOON, store};

    const RESELLER: ResellerId = ResellerId::from_bits(7);

    fn template(bits: u128) -> PolicyTemplate {
        PolicyTemplate {
            id: TemplateId::from_bits(bits),
            name: "Handwerk".into(),
            description: None,
            document: "{}".into(),
            created_at: NOON,
        }
    }

    #[tokio::test]
    async fn templates_are_a_reseller_s_own_and_one_may_be_for_new_tenants() {
        let store = store().await;
        let templates = store.policy_templates(RESELLER);
        assert_eq!(templates.of_new_tenants().await.unwrap(), None);
        for bits in 1..=3 {
            let mut tx = store.transaction();
            templates.insert(&mut tx, &template(bits));
            templates.put_for_new_tenants(&mut tx, template(bits).id);
            tx.commit().await.unwrap();
        }
        assert_eq!(templates.of_new_tenants().await.unwrap(), Some(template(3).id));
        assert_eq!(templates.get(template(2).id).await.unwrap(), Some(template(2)));
        let first = templates.list(&Page::first(2)).await.unwrap();
        assert_eq!(first.items, [template(1), template(2)]);
        let rest = templates.list(&Page { limit: 2, cursor: first.next }).await.unwrap();
        assert_eq!((rest.items, rest.next), (vec![template(3)], None));

        let foreign = store.policy_templates(ResellerId::from_bits(8));
        assert_eq!(foreign.get(template(2).id).await.unwrap(), None);
        assert_eq!(foreign.of_new_tenants().await.unwrap(), None);
        assert_eq!(foreign.list(&Page::first(9)).await.unwrap().items, []);
    }
}
