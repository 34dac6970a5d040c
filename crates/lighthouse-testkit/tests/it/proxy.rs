//! The proxy between a client and a fake engine.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use lighthouse_testkit::{
    fake::FakeEngine,
    proxy::{ChaosProxy, Target, Weather},
};

async fn scene() -> (FakeEngine, ChaosProxy) {
    let engine = FakeEngine::on_tcp().await.unwrap();
    let proxy = ChaosProxy::to(Target::Tcp(engine.tcp().to_owned()))
        .await
        .unwrap();
    (engine, proxy)
}

fn ask(address: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_millis(500)))?;
    stream.write_all(b"GET /_ping HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

#[tokio::test(flavor = "multi_thread")]
async fn in_fair_weather_answers_pass() {
    let (_engine, proxy) = scene().await;
    assert!(ask(proxy.address()).unwrap().ends_with("OK"));
    assert_eq!(proxy.accepted(), 1);
    let (up, down) = proxy.bytes();
    assert!(up > 0 && down > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn delay_is_added_in_both_directions_and_slices_arrive_whole() {
    let (_engine, proxy) = scene().await;
    proxy.set(Weather {
        delay: Duration::from_millis(50),
        slice: 1,
        ..Weather::default()
    });
    let begun = Instant::now();
    assert!(ask(proxy.address()).unwrap().ends_with("OK"));
    assert!(begun.elapsed() >= Duration::from_millis(100));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_connection_is_open_and_silent() {
    let (_engine, proxy) = scene().await;
    proxy.change(|weather| weather.stalled_down = true);
    let error = ask(proxy.address()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    proxy.set(Weather::default());
    assert!(ask(proxy.address()).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_ends_open_connections_and_a_refusal_new_ones() {
    let (engine, proxy) = scene().await;
    engine.on("GET", "/_ping").times(1).hang();
    let mut stream = TcpStream::connect(proxy.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream
        .write_all(b"GET /_ping HTTP/1.1\r\nHost: engine\r\n\r\n")
        .unwrap();
    while engine.calls().is_empty() {
        tokio::task::yield_now().await;
    }
    proxy.cut();
    assert!(matches!(stream.read(&mut [0; 8]), Ok(0) | Err(_)));
    proxy.change(|weather| weather.refusing = true);
    assert!(ask(proxy.address()).map_or(true, |text| text.is_empty()));
}
