//! Applications, releases, instances, objects.

use lighthouse_core::identity::NewId;
use lighthouse_core::store::{
    Acceptance, ApplicationRecord, InstanceRecord, ObjectKind, ObjectRecord, ReleaseRecord, Store, StoreError,
};
use lighthouse_model::application::BlueprintText;
use lighthouse_model::operation::OperationState;
use lighthouse_model::{ApplicationId, HostId, OperationId};

use super::{application, audit, name, ok, operation, refused};

pub(super) fn release(of: ApplicationId, number: i64, operation: OperationId) -> ReleaseRecord {
    ReleaseRecord {
        application: of,
        number,
        blueprint: BlueprintText {
            compose: "services:\n  web:\n    image: shop # a blueprint\r\n".to_owned(),
            variables: "PASSWORD=of the database\n".to_owned(),
            env_files: vec![("web.env".to_owned(), "TOKEN=in a file".to_owned())],
            profiles: vec!["debug".to_owned()],
        },
        images: Vec::new(),
        author: "ada".to_owned(),
        reason: "first".to_owned(),
        operation,
        at: 10,
    }
}

/// Makes an application the way use cases do: by accepting an operation that is then ended.
async fn accepted(store: &impl Store, record: &ApplicationRecord, with: Option<ReleaseRecord>) {
    let op = operation(Some(record.id));
    let with = Acceptance {
        application: Some(record.clone()),
        release: with,
    };
    ok(store.accept(&op, &[], &with, &audit("deploy")).await);
    ok(store.set_state(op.id, 1, OperationState::Succeeded, 20).await);
}

pub(super) async fn applications(store: &impl Store) {
    let mut shop = application("shop");
    let blog = application("blog");
    shop.release = Some(1);
    let mut first = release(shop.id, 1, OperationId::fresh());
    accepted(store, &shop, Some(first.clone())).await;
    accepted(store, &blog, None).await;
    assert_eq!(ok(store.applications().await), [blog.clone(), shop.clone()]);
    assert_eq!(ok(store.application(&shop.name).await), Some(shop.clone()));
    assert_eq!(ok(store.application(&name("none")).await), None);
    assert_eq!(ok(store.application_by_id(blog.id).await), Some(blog.clone()));

    let second = release(shop.id, 2, OperationId::fresh());
    (shop.generation, shop.release, shop.running) = (2, Some(2), false);
    accepted(store, &shop, Some(second.clone())).await;
    assert_eq!(ok(store.application(&shop.name).await), Some(shop.clone()));

    let images = [("web".to_owned(), "shop@sha256:00".to_owned())];
    ok(store.set_release_images(shop.id, 1, &images).await);
    let missing = store.set_release_images(shop.id, 9, &images).await;
    refused!(missing, StoreError::Missing);
    first.images = images.to_vec();
    assert_eq!(ok(store.release(shop.id, 1).await), Some(first.clone()));
    assert_eq!(ok(store.release(shop.id, 3).await), None);
    assert_eq!(
        ok(store.releases(shop.id, 1).await),
        std::slice::from_ref(&second)
    );
    let both = [second, first];
    assert_eq!(ok(store.releases(shop.id, 10).await), both);

    ok(store.remove_application(shop.id).await);
    refused!(store.remove_application(shop.id).await, StoreError::Missing);
    assert_eq!(ok(store.applications().await), [blog]);
    assert_eq!(ok(store.releases(shop.id, 10).await), both);

    // The name is free again.
    accepted(store, &application("shop"), None).await;
}

pub(super) async fn instances_and_objects(store: &impl Store) {
    let shop = application("shop");
    let mut instance = InstanceRecord {
        application: shop.id,
        service: "web".to_owned(),
        number: 1,
        host: HostId::fresh(),
        generation: 1,
        release: 1,
        nonce: "nonce".to_owned(),
        container: None,
        fingerprint: "f".to_owned(),
    };
    let object = ObjectRecord {
        application: shop.id,
        host: instance.host,
        kind: ObjectKind::Network,
        name: "shop_default".to_owned(),
        key: "default".to_owned(),
        nonce: "nonce".to_owned(),
    };
    refused!(store.save_instance(&instance).await, StoreError::Missing);
    refused!(store.save_object(&object).await, StoreError::Missing);
    accepted(store, &shop, None).await;

    ok(store.save_instance(&instance).await);
    instance.container = "a".repeat(64).parse().ok();
    ok(store.save_instance(&instance).await);
    let newer = InstanceRecord {
        generation: 2,
        container: None,
        ..instance.clone()
    };
    ok(store.save_instance(&newer).await);
    let both = [instance.clone(), newer.clone()];
    assert_eq!(ok(store.instances(Some(shop.id)).await), both);
    assert_eq!(ok(store.instances(None).await), both);
    assert_eq!(ok(store.instances(Some(ApplicationId::fresh())).await), []);
    ok(store.remove_instance(shop.id, "web", 1, 1).await);
    ok(store.remove_instance(shop.id, "web", 1, 1).await);
    assert_eq!(ok(store.instances(None).await), [newer]);

    let volume = ObjectRecord {
        kind: ObjectKind::Volume,
        ..object.clone()
    };
    ok(store.save_object(&object).await);
    ok(store.save_object(&volume).await);
    ok(store.save_object(&volume).await);
    assert_eq!(ok(store.objects(shop.id).await), [object.clone(), volume.clone()]);
    ok(store.remove_object(&object).await);
    ok(store.remove_object(&object).await);
    assert_eq!(ok(store.objects(shop.id).await), [volume]);

    ok(store.remove_application(shop.id).await);
    assert_eq!(ok(store.instances(None).await), []);
    assert_eq!(ok(store.objects(shop.id).await), []);
}
