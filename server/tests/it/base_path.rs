//! Everything below `/lighthouse`.

use http::Method;

use crate::console::{Bench, PASSWORD, Pass, TOKEN};

const BASE: &str = "/lighthouse";

/// Where the links, forms and files of a page lead that do not stay below the base path.
fn strays(html: &str) -> Vec<String> {
    ["href=\"/", "src=\"/", "action=\"/"]
        .iter()
        .flat_map(|attribute| {
            html.split(attribute).skip(1).map(move |rest| {
                let end = rest.find('"').unwrap_or(rest.len());
                format!("{attribute}{}", &rest[..end])
            })
        })
        .filter(|link| !link.contains("\"/lighthouse/") && !link.ends_with("\"/lighthouse"))
        .collect()
}

#[tokio::test]
async fn pages_stay_below_the_base_path() {
    let bench = Bench::below(BASE).await.peopled().await;
    let pass = bench.signed_in("administrator").await;
    let container = format!("{BASE}/containers/h1/{}", bench.container);
    for (pass, page) in [
        (&Pass::Nothing, "/lighthouse/login"),
        (&pass, "/lighthouse"),
        (&pass, "/lighthouse/"),
        (&pass, "/lighthouse/applications"),
        (&pass, "/lighthouse/containers"),
        (&pass, "/lighthouse/hosts"),
        (&pass, "/lighthouse/hosts/h1"),
        (&pass, "/lighthouse/operations"),
        (&pass, "/lighthouse/settings"),
        (&pass, &*container),
    ] {
        let answer = bench.get(pass, page).await;
        assert_eq!(answer.status, 200, "{page}: {}", answer.location());
        assert_eq!(strays(&answer.body), Vec::<String>::new(), "{page}");
        // Signing in needs no script.
        let scripted = answer.body.contains("/lighthouse/pkg/lighthouse-1.js");
        assert!(scripted || page.ends_with("/login"), "{page}");
        assert!(answer.body.contains("/lighthouse/pkg/lighthouse-1.css"), "{page}");
    }
}

#[tokio::test]
async fn a_deep_link_comes_back_below_the_base_path() {
    let bench = Bench::below(BASE).await.peopled().await;
    let wanted = "/lighthouse/hosts/h1?x=1";
    let answer = bench.get(&Pass::Nothing, wanted).await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.location(), "/lighthouse/login?next=/hosts/h1%3Fx%3D1");
    let fields = format!(
        "name=viewer&password={}&next=/hosts/h1%3Fx%3D1",
        PASSWORD.replace(' ', "+")
    );
    let answer = bench.form("/lighthouse/login", &fields, None).await;
    assert_eq!((answer.status.as_u16(), answer.location()), (303, wanted));
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("Path=/lighthouse"), "{cookie}");
}

#[tokio::test]
async fn calls_are_below_the_base_path_and_nothing_is_above() {
    let bench = Bench::below(BASE).await.peopled().await;
    let token = bench.token("viewer", None).await;
    assert_eq!(bench.get(&token, "/lighthouse/api/v1/hosts").await.status, 200);
    assert_eq!(bench.get(&token, "/api/v1/hosts").await.status, 404);
    assert_eq!(bench.get(&Pass::Nothing, "/lighthouse/healthz").await.status, 200);
    let document = bench.get(&token, "/lighthouse/api/v1/openapi.json").await;
    assert_eq!(document.json()["servers"][0]["url"], BASE);
    let pass = bench.signed_in("viewer").await;
    let body = serde_json::json!({});
    let answer = bench
        .ask(&pass, Method::POST, "/lighthouse/api/ui/pools/list", Some(body))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn the_first_run_and_the_way_out_stay_below_the_base_path() {
    let bench = Bench::below(BASE).await;
    let fields = format!("token={TOKEN}&name=boss&password=correct+horse+battery");
    let answer = bench.form("/lighthouse/setup", &fields, None).await;
    assert_eq!((answer.status.as_u16(), answer.location()), (303, "/lighthouse/"));
    let cookie = answer.cookie().unwrap();
    let answer = bench.form("/lighthouse/logout", "", Some(&cookie)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.location()),
        (303, "/lighthouse/login")
    );
}
