//! Every socket, over a real connection: an upgrade cannot be pretended.

use lighthouse_model::Permission as P;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::Fate;
use crate::console::{Bench, Pass};

/// The sockets with what they need. `/ws/live` lets everybody in and asks the gate for each topic.
fn table(container: &str) -> Vec<(String, Option<P>)> {
    vec![
        ("/ws/live".to_owned(), None),
        (
            format!("/ws/logs?host=h1&container={container}"),
            Some(P::ContainerView),
        ),
        ("/ws/logs?app=shop".to_owned(), Some(P::ApplicationView)),
        (
            format!("/ws/terminal?host=h1&container={container}"),
            Some(P::ContainerTerminal),
        ),
    ]
}

struct Served {
    address: String,
    stop: CancellationToken,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn serve(bench: &Bench) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let stop = CancellationToken::new();
    tokio::spawn(lighthouse_server::listener::serve(
        listener,
        None,
        bench.router(),
        stop.clone(),
    ));
    Served { address, stop }
}

/// Asks for an upgrade and reads the head of the answer.
async fn upgrade(served: &Served, pass: &Pass, path: &str, origin: Option<&str>) -> String {
    let mut stream = TcpStream::connect(&served.address).await.unwrap();
    let mut request = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        served.address
    );
    if let Some(origin) = origin {
        request.extend(["Origin: ", origin, "\r\n"]);
    }
    match pass {
        Pass::Nothing => {}
        Pass::Cookie(cookie) => request.extend(["Cookie: ", cookie, "\r\n"]),
        Pass::Bearer(token) => request.extend(["Authorization: Bearer ", token, "\r\n"]),
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "{path}: the connection ended early");
        head.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

fn status(head: &str) -> u16 {
    head.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn each_person_opens_what_their_role_may() {
    let bench = Bench::new().await;
    for asker in super::people(&bench).await {
        let served = serve(&bench).await;
        let own = format!("http://{}", served.address);
        for (path, needs) in table(&bench.container) {
            let head = upgrade(&served, &asker.pass, &path, Some(&own)).await;
            let fate = match status(&head) {
                // 404: there is no application, which is past the gate.
                101 | 404 => Fate::Through,
                401 => Fate::SignIn,
                403 => Fate::Forbidden,
                other => panic!("{} {path}: {other}", asker.who),
            };
            assert_eq!(fate, asker.expected(needs), "{} {path}", asker.who);
            if fate == Fate::Through && !path.contains("app=") {
                assert_eq!(status(&head), 101, "{} {path}", asker.who);
            }
        }
    }
}

#[tokio::test]
async fn only_a_page_of_this_console_opens_a_socket() {
    let bench = Bench::new().await;
    let pass = bench.signed_in("administrator").await;
    let served = serve(&bench).await;
    let own = format!("http://{}", served.address);
    for (path, _) in table(&bench.container) {
        for origin in [
            None,
            Some("null"),
            Some("http://evil.example"),
            Some("http://127.0.0.1"),
            Some(&*format!("https://{}", served.address)),
            Some(&*format!("{own}.evil.example")),
        ] {
            let head = upgrade(&served, &pass, &path, origin).await;
            assert!([403, 409].contains(&status(&head)), "{path} {origin:?}: {head}");
        }
    }
}

#[tokio::test]
async fn a_token_opens_no_socket() {
    let bench = Bench::new().await;
    let pass = bench.token("administrator", None).await;
    let served = serve(&bench).await;
    let own = format!("http://{}", served.address);
    for (path, _) in table(&bench.container) {
        let head = upgrade(&served, &pass, &path, Some(&own)).await;
        assert_eq!(status(&head), 401, "{path}");
    }
}

#[tokio::test]
async fn an_open_socket_is_cut_when_the_right_is_lost() {
    let bench = Bench::new().await;
    let pass = bench.signed_in("administrator").await;
    let boss = bench.signed_in("administrator").await;
    let Pass::Cookie(cookie) = &pass else {
        panic!("a session");
    };
    let served = serve(&bench).await;
    let mut stream = TcpStream::connect(&served.address).await.unwrap();
    let request = format!(
        "GET /ws/live HTTP/1.1\r\nHost: {0}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://{0}\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: {cookie}\r\n\r\n",
        served.address
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut buffer = [0; 1024];
    assert!(stream.read(&mut buffer).await.unwrap() > 0);

    // Newest first is how they are listed: the one that asks ends last.
    let sessions = bench.get(&boss, "/api/v1/sessions").await.json();
    for session in sessions["items"].as_array().unwrap().iter().rev() {
        let path = format!("/api/v1/sessions/{}", session["id"].as_str().unwrap());
        let gone = bench.ask(&boss, http::Method::DELETE, &path, None).await;
        assert!([204, 303, 401].contains(&gone.status.as_u16()), "{}", gone.status);
    }
    let ended = async { while stream.read(&mut buffer).await.unwrap_or(0) > 0 {} };
    tokio::time::timeout(std::time::Duration::from_secs(5), ended)
        .await
        .expect("the socket is cut within five seconds");
}
