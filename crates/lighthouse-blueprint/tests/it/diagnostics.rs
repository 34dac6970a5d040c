//! What a person is told, and where.

use std::collections::BTreeMap;
use std::fmt::Write;

use insta::assert_snapshot;
use lighthouse_blueprint::{Source, limits, load};
use lighthouse_model::diagnostic::Severity;

/// Every finding, one per line.
fn told(text: &str) -> String {
    told_with(text, None)
}

fn told_with(text: &str, env: Option<&str>) -> String {
    let files = BTreeMap::new();
    let source = Source {
        text,
        application: Some("app"),
        env,
        env_files: &files,
        profiles: &[],
    };
    let found = match load(&source) {
        Ok(loaded) => loaded.notes,
        Err(broken) => broken.diagnostics,
    };
    let mut out = String::new();
    for one in found {
        let severity = match one.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let place = if one.path.is_empty() { "-" } else { &one.path };
        writeln!(
            out,
            "{}:{} {severity} [{place}] {}",
            one.line, one.column, one.message
        )
        .expect("a string grows");
    }
    out
}

/// The keys below one service.
fn service(keys: &str) -> String {
    let mut text = String::from("services:\n  web:\n    image: nginx\n");
    for line in keys.lines() {
        writeln!(text, "    {line}").expect("a string grows");
    }
    told(&text)
}

#[test]
fn keys_that_are_not_carried_out_are_named_with_their_line() {
    assert_snapshot!(told(
        "services:
  web:
    build: .
    container_name: web
    secrets: [a]
    links: [db]
    extends: {service: x}
    mem_limit: 5m
    cpus: 2
    logging: {driver: x}
    platform: linux/amd64
    pull_policy: always
    gpus: all
    deploy:
      mode: global
      update_config: {parallelism: 2}
      rollback_config: {}
      restart_policy: {condition: any}
      endpoint_mode: vip
      labels: {a: b}
      placement: {preferences: [{spread: node.labels.zone}], max_replicas_per_node: 1}
      resources: {reservations: {devices: []}}
    volumes:
      - {type: volume, source: d, target: /d, volume: {labels: {a: b}}}
    networks: {default: {interface_name: eth0}}
secrets: {a: {file: a}}
configs: {}
include: [other.yaml]
volumes: {d: }
"
    ));
}

#[test]
fn keys_that_nobody_knows_are_errors_with_a_guess() {
    assert_snapshot!(told(
        "servcies: {}
services:
  web:
    image: nginx
    enviroment: {A: 1}
    port: [80]
    completely_else: 1
    healthcheck: {tset: x}
    depends_on: {db: {condition: service_started, wait: true}}
    ports: [{target: 80, hostip: 1.2.3.4}]
    x-lighthouse: {placment: spread}
  db:
    image: postgres
    x-lighthouse: {placement: everywhere}
x-lighthouse: {placement: spread}
"
    ));
}

#[test]
fn values_of_the_wrong_kind_are_named() {
    assert_snapshot!(service(
        "command: 5
user: 1000
environment: text
environment_: 1
ports: 80
volumes: {a: b}
privileged: maybe
tty: 1
labels: [{a: b}]
cap_add: NET_ADMIN
init:
ulimits: {nofile: {soft: 1}, NOFILE: 1, nproc: {soft: 5, hard: 4}}
networks: front
depends_on: db
healthcheck: [a]
profiles: debug"
    ));
}

#[test]
fn values_that_cannot_be_read_are_named() {
    assert_snapshot!(service(
        "command: echo 'never closed
entrypoint: a (b)
ports: ['99999', 'a:80', '80:80/foo', '1-3:1-2', 'localhost:80:80', '1:2:3:4:5', '0', {published: 80}]
expose: [x, 0]
volumes: ['a:/b', './here:/x', '~/there:/y', 'data:relative', 'x1:/z:bogus', 'a::b', {type: npipe, source: a, target: /p}, {type: bind, target: /q}, {target: /r}]
restart: sometimes
hostname: 'bad host'
dns: [1.1.1.1, ns.example]
extra_hosts: ['a', 'b=nowhere', 'c d=1.2.3.4']
shm_size: lots
stop_grace_period: 10
stop_signal: kill!
network_mode: container
pid: container:../x
ipc: shared
devices: [fuse, '/dev/a:/dev/b:xyz', 'vendor.com/gpu=all']
security_opt: ['seccomp=./profile.json']
cap_drop: ['../x']
healthcheck: {test: [curl, x], interval: 5, timeout: soon, retries: -1}
deploy: {replicas: -1, resources: {limits: {cpus: many, memory: 5m}, reservations: {memory: 10m}}, placement: {constraints: [disktype=ssd, 'node.labels.a == ', 'engine.labels.x == y']}}
labels: {com.docker.compose.project: other, io.lighthouse.app: other, IO.Lighthouse.x: y, com.docker.composed: fine}
image_: x"
    ));
}

#[test]
fn things_that_do_not_fit_together_are_named() {
    assert_snapshot!(told(
        "services:
  a:
    image: x
    network_mode: host
    networks: [front]
    ports: ['80:80']
    depends_on: [b, nobody]
  b:
    image: x
    depends_on: {c: {condition: service_healthy}}
    networks: [undefined]
    volumes: ['undefined:/x']
  c:
    image: x
    depends_on: [a]
  d:
    command: x
  e:
    image: x
    pid: service:gone
  f:
    image: x
    depends_on: [tool, tool]
  tool:
    image: x
    profiles: [tools]
networks:
  front:
  outside: {external: true, driver: bridge}
volumes:
  outside: {external: true, labels: {a: b}}
"
    ));
}

#[test]
fn names_that_cannot_be_names_are_refused() {
    let long = "n".repeat(300);
    assert_snapshot!(told(&format!(
        "name: Not A Name
services:
  ../etc: {{image: x}}
  \"a\\\"b\": {{image: x}}
  \"a\\nb\": {{image: x}}
  '': {{image: x}}
  {long}: {{image: x}}
  -x: {{image: x}}
networks: {{../n: }}
volumes: {{'a/b': , ok: {{name: '../x'}}}}
"
    )));
}

#[test]
fn yaml_that_is_broken_is_told_with_its_place() {
    let mut out = String::new();
    for text in [
        "services:\n  web:\n   image: a\n  bad\n",
        "services:\n\tweb: {}\n",
        "services: [a\n",
        "services: {a: b}}\n",
        "services:\n  a: {image: x}\n  a: {image: y}\n",
        "services:\n  a: *nobody\n",
        "services: &s\n  a: *s\n",
        "services:\n  5: {image: x}\n",
        "services:\n  ? [a]\n  : {image: x}\n",
        "services: !reset {}\n",
        "services: {a: {image: !!binary aGk=}}\n",
        "a: 1\n---\nb: 2\n",
        "services:\n  a:\n    <<: text\n    image: x\n",
        "",
        "# nothing\n",
        "- a\n",
        "text",
        "services:\n",
        "services: {}\n",
        "networks: {}\n",
        "services:\n  a: {image: x, profiles: [p]}\n",
        "services:\n  a:\n",
        "services: {a: {image: \"x\\0y\"}}\n",
    ] {
        writeln!(out, "{text:?}\n{}", told(text)).expect("a string grows");
    }
    assert_snapshot!(out);
}

#[test]
fn variables_are_told_at_their_value() {
    assert_snapshot!(told_with(
        "services:
  web:
    image: ${IMAGE:?say which image}
    command: $NOBODY and ${NOBODY}
    user: ${EMPTY:?}
    hostname: ${BROKEN
    working_dir: ${1}
    labels: [\"${A/b/c}\"]
",
        Some("EMPTY=\n")
    ));
    assert_snapshot!(told_with(
        "services: {web: {image: x}}",
        Some("GOOD=1\nnot a name=2\nOPEN=\"never\nclosed\nLAST=1")
    ));
}

#[test]
fn notes_and_warnings_do_not_stop_a_blueprint() {
    assert_snapshot!(told(
        "version: '3'
services:
  web:
    image: nginx
    tty: yes
    command: make && make install
    volumes: ['a1:/x', 'b1:/x']
networks: {unused: }
volumes: {a1: , b1: , c1: }
"
    ));
}

#[test]
fn a_missing_environment_file_is_asked_for() {
    assert_snapshot!(service(
        "env_file: [secrets/web.env, {path: maybe.env, required: false}, {format: raw}]"
    ));
}

#[test]
fn a_text_over_one_mebibyte_is_refused() {
    let text = format!(
        "services: {{web: {{image: x}}}}\n#{}",
        "x".repeat(limits::MAX_TEXT)
    );
    assert_snapshot!(told(&text));
}

#[test]
fn nesting_over_the_limit_is_refused_and_up_to_it_is_not() {
    let nested = |depth: usize| {
        format!(
            "x-deep: {}{}\nservices: {{web: {{image: x}}}}\n",
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    assert_eq!(told(&nested(60)), "");
    assert_snapshot!(told(&nested(limits::MAX_DEPTH + 1)));
    let blocks: Vec<String> = (0..70).map(|depth| format!("{}- ", " ".repeat(depth))).collect();
    let blocks = blocks.join(
        "
",
    );
    assert!(told(&format!("x-deep:\n{blocks}")).contains("nested"));
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = String::from("x-0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        writeln!(text, "x-{level}: &a{level} [{before}]").expect("a string grows");
    }
    text.push_str("services: {web: {image: x}}\n");
    assert_snapshot!(told(&text));
}

#[test]
fn a_long_text_behind_many_aliases_is_refused() {
    let text = format!(
        "x-a: &a \"{}\"\nx-b: [{}]\n",
        "x".repeat(100_000),
        "*a, ".repeat(10_000)
    );
    assert!(told(&text).contains("aliases add more than 8 MiB of text"));
}

#[test]
fn lists_and_maps_have_an_end() {
    let text = format!(
        "services: {{web: {{image: x, volumes: [{}]}}}}",
        "/a, ".repeat(5000)
    );
    assert!(told(&text).contains("`volumes` has 5000 entries; at most 4096 are read"));
}

#[test]
fn environment_files_cannot_be_read_without_end() {
    let files = BTreeMap::from([("big.env".to_owned(), format!("A={}", "x".repeat(1_000_000)))]);
    let mut text = String::from("services:\n");
    for number in 0..20 {
        writeln!(text, "  s{number}: {{image: x, env_file: big.env}}").expect("a string grows");
    }
    let broken = load(&Source {
        env_files: &files,
        ..Source::of(&text)
    })
    .expect_err("it is too much");
    assert!(
        broken
            .to_string()
            .contains("more than 16 MiB of environment files"),
        "{broken}"
    );
}

#[test]
fn aliases_cannot_be_stacked_beyond_the_depth() {
    let mut text = String::from("x-0: &a0 {k: v}\n");
    for level in 1..80 {
        writeln!(text, "x-{level}: &a{level} {{k: *a{}}}", level - 1).expect("a string grows");
    }
    assert!(told(&text).contains("nested more than 64 levels deep"));
}

#[test]
fn variables_cannot_grow_without_end() {
    let mut env = String::from("A0=xxxxxxxxxxxxxxxx\n");
    for level in 1..20 {
        let before = format!("$A{}", level - 1).repeat(8);
        writeln!(env, "A{level}={before}").expect("a string grows");
    }
    let told = told_with("services: {web: {image: x, labels: {a: $A19}}}", Some(&env));
    assert!(
        told.contains("variables grow the text by more than 4 MiB"),
        "{told}"
    );
    let nested = format!(
        "services: {{web: {{image: \"{}x{}\"}}}}",
        "${A:-".repeat(40),
        "}".repeat(40)
    );
    assert!(told_with(&nested, None).contains("nested more than 32 levels deep"));
}

#[test]
fn a_text_full_of_mistakes_is_answered_with_a_bounded_list() {
    let text: String = (0..5000).fold(String::from("services:\n"), |mut text, n| {
        writeln!(text, "  s{n}: {{nonsense: 1, more: 2}}").expect("a string grows");
        text
    });
    assert!(told(&text).lines().count() <= limits::MAX_FINDINGS);
}
