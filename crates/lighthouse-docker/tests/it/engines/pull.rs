//! Images from a real registry.

use futures::TryStreamExt;
use lighthouse_core::Secret;
use lighthouse_core::engine::{EngineError, PullProgress, RegistryAuth};
use lighthouse_model::container::ContainerState;
use lighthouse_testkit::images::Image;
use lighthouse_testkit::registry::{PASSWORD, Registry, USER};

use super::{Place, bench, once_each, place, shell};

async fn pull(
    place: &Place,
    reference: &str,
    auth: Option<&RegistryAuth>,
) -> Result<Vec<PullProgress>, EngineError> {
    place.engine.pull(reference, auth).await?.try_collect().await
}

#[tokio::test]
async fn an_image_comes_from_a_guarded_registry_and_refusals_keep_their_words() {
    let Some(bench) = bench().await else { return };
    let registry = Registry::guarded(&bench).unwrap();
    // Each engine pulls what the other made, so that there are bytes to bring.
    let mut pushed = Vec::new();
    for (from, tag) in [("h2", "for-h1"), ("h1", "for-h2")] {
        let place = place(&bench, "h-push", from, false).await;
        let id = place
            .run("push", &shell("head -c 3000000 /dev/urandom >/blob"))
            .await;
        place.until(&id, |c| c.state == ContainerState::Exited).await;
        let path = format!("/commit?container={id}&repo=pulled&tag={tag}");
        place.host().http().expect("POST", &path, "", None).unwrap();
        place.clear(&id).await;
        let image = Image::of(format!("pulled:{tag}"), Vec::new(), &[]);
        pushed.push(registry.push(place.host(), &image).unwrap());
    }
    let auth = |secret: &str| RegistryAuth {
        registry: registry.address().to_owned(),
        username: USER.to_owned(),
        secret: Secret::new(secret.to_owned()),
    };
    once_each(async |place| {
        let reference = &pushed[usize::from(place.host().name() == "h2")];
        assert_eq!(place.engine.image(reference).await.unwrap(), None);

        for wrong in [None, Some(auth("wrong"))] {
            let error = pull(place, reference, wrong.as_ref()).await.unwrap_err();
            let text = error.to_string().to_lowercase();
            assert!(
                text.contains("no basic auth credentials") || text.contains("unauthorized"),
                "{error:?}"
            );
        }
        let right = auth(PASSWORD);
        let missing = format!("{}/pulled:no-such-tag", registry.address());
        let error = pull(place, &missing, Some(&right)).await.unwrap_err();
        assert!(matches!(error, EngineError::NotFound { .. }), "{error:?}");
        assert!(
            error.to_string().contains("not found") || error.to_string().contains("manifest unknown"),
            "{error}"
        );

        let progress = pull(place, reference, Some(&right)).await.unwrap();
        let last = progress.last().unwrap();
        assert!(last.done == last.total && last.total > 3_000_000, "{progress:?}");
        assert!(
            progress.windows(2).all(|two| two[0].done <= two[1].done),
            "{progress:?}"
        );
        let image = place.engine.image(reference).await.unwrap().unwrap();
        assert!(image.id.starts_with("sha256:"));
        let digest = image
            .repo_digests
            .iter()
            .find(|d| d.contains("@sha256:"))
            .unwrap();

        // By digest, and again: it is there already.
        assert!(pull(place, digest, Some(&right)).await.is_ok());
        assert_eq!(place.engine.image(digest).await.unwrap().unwrap().id, image.id);
        assert_eq!(place.engine.image(&image.id).await.unwrap().unwrap().id, image.id);
    })
    .await;
}

#[tokio::test]
async fn a_registry_that_is_not_there_is_told() {
    once_each(async |place| {
        let error = pull(place, "127.0.0.1:1/shop/web:1", None).await.unwrap_err();
        assert!(error.to_string().contains("connection refused"), "{error:?}");
        let error = pull(place, "../../info?x=", None).await.unwrap_err();
        assert_eq!(error.to_string(), "`../../info?x=` is not an image reference");
    })
    .await;
}
