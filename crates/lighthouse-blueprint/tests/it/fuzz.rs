//! Whatever comes in, the loader answers: no panic, no endless work.

use std::collections::BTreeMap;

use lighthouse_blueprint::{Source, canonical, load};
use proptest::prelude::*;

use crate::samples;

/// Reads it, and does with the outcome what the product does.
fn read(text: &str, env: Option<&str>) {
    let files = BTreeMap::from([("a.env".to_owned(), env.unwrap_or_default().to_owned())]);
    let source = Source {
        text,
        application: Some("fuzz"),
        env,
        env_files: &files,
        profiles: &[],
    };
    match load(&source) {
        Ok(loaded) => {
            let json = canonical::blueprint(&loaded.blueprint, "fuzz");
            assert!(json["services"].is_object());
            let _ = loaded.blueprint.reserved_options();
            let placed: usize = loaded.blueprint.start_order().iter().map(Vec::len).sum();
            assert_eq!(placed, loaded.blueprint.services.len());
        }
        Err(broken) => {
            assert!(!broken.diagnostics.is_empty());
            for found in &broken.diagnostics {
                assert!(found.line >= 1 && found.column >= 1, "{found:?}");
                assert!(found.message.len() < 1000);
            }
            assert!(!broken.to_string().is_empty());
        }
    }
}

fn sample_texts() -> Vec<String> {
    samples::all().into_iter().map(|sample| sample.text).collect()
}

/// A change to a sample: cut, doubled, or with a piece of YAML in the middle.
fn spoiled() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "\n",
        "  ",
        "\t",
        ": ",
        "- ",
        "? ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "&a ",
        "*a ",
        "!t ",
        "|",
        ">",
        "\"",
        "'",
        "#",
        "---\n",
        "\\",
        "\0",
        "\u{feff}",
        "é",
        "\r\n",
        "<<: ",
        "0x",
        "${",
        "}",
        "$",
        ":-",
        "~",
        "null",
        "-1",
        "1e999",
        "99999999999999999999999",
        "/",
        "=",
    ]);
    let edits = prop::collection::vec(
        (
            any::<prop::sample::Index>(),
            any::<prop::sample::Index>(),
            pieces,
            0..3_u8,
        ),
        1..8,
    );
    (prop::sample::select(sample_texts()), edits).prop_map(|(text, edits)| {
        let mut chars: Vec<char> = text.chars().collect();
        for (from, to, piece, kind) in edits {
            let (a, b) = (from.index(chars.len() + 1), to.index(chars.len() + 1));
            let (a, b) = (a.min(b), a.max(b).min(a.min(b) + 30));
            match kind {
                0 => {
                    let _ = chars.splice(a..a, piece.chars()).count();
                }
                1 => {
                    let _ = chars.drain(a..b).count();
                }
                _ => {
                    let copy = chars[a..b].to_vec();
                    let _ = chars.splice(a..a, copy).count();
                }
            }
        }
        chars.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        read(&String::from_utf8_lossy(&bytes), Some(&String::from_utf8_lossy(&bytes)));
    }

    #[test]
    fn any_text_of_yaml_signs_is_answered(text in "[ \\n:a\\-\\[\\]{}\"'&*!|>#?,<$%0-9~\\t]{0,200}") {
        read(&text, Some(&text));
    }

    #[test]
    fn spoiled_samples_are_answered(text in spoiled(), env in "[A-C=$\\n \"'\\\\{}#:a-]{0,80}") {
        read(&text, Some(&env));
    }

    #[test]
    fn any_value_at_any_key_is_answered(
        key in prop::sample::select(vec![
            "image", "command", "entrypoint", "environment", "env_file", "ports", "expose", "volumes", "tmpfs",
            "networks", "network_mode", "depends_on", "healthcheck", "restart", "labels", "user", "hostname",
            "init", "cap_add", "privileged", "devices", "pid", "ipc", "security_opt", "ulimits", "sysctls",
            "shm_size", "extra_hosts", "dns", "stop_signal", "stop_grace_period", "deploy", "profiles",
            "x-lighthouse",
        ]),
        value in prop::sample::select(vec![
            "", "~", "true", "-1", "0", "1.5", ".nan", "''", "text", "a:b:c:d", "[]", "{}", "[[]]", "[{}]", "{a: }",
            "{a: {b: [c]}}", "[1, true, ~]", "'${A'", "':'", "'/'", "'='", "['=']", "[':']", "99999999999999999999",
            "{? [a] : b}", "[0-0, 1-65536, 65535-1]", "{test: [CMD]}", "{placement: 5}", "9223372036854775808g",
            "[service:, container:]", "service:", "{soft: 1}", "[-]", "0b", "é", "'\\0'",
        ]),
    ) {
        read(&format!("services:\n  a:\n    image: x\n    {key}: {value}\n"), None);
    }
}

/// Shapes that make a careless reader slow: long, wide, repeated, doubled.
#[test]
fn texts_that_are_made_to_cost_are_answered() {
    const SIZE: usize = 128 * 1024;
    let service = |keys: &str| format!("services: {{web: {{image: x, {keys}}}}}");
    let fill = |piece: &str| piece.repeat(SIZE / piece.len());
    let texts = [
        fill("["),
        fill("{"),
        fill("- "),
        fill("? "),
        fill("a\n"),
        fill("a: "),
        fill("&a "),
        fill("# \n"),
        fill("' "),
        fill("\t"),
        (0..SIZE / 12)
            .map(|n| format!("k{n}: v\n"))
            .collect::<Vec<_>>()
            .concat(),
        service(&format!("command: '{}'", fill("$a "))),
        service(&format!("command: '{}'", fill("${A:-"))),
        service(&format!("command: '{}'", fill("${A:-b}"))),
        service(&format!("command: '{}'", fill("$$"))),
        service(&format!("command: \"{}\"", fill("' "))),
        service(&format!("environment: [{}]", fill("a=b, "))),
        service(&format!("ports: [{}]", fill("1-65535, "))),
        service(&format!("expose: [{}]", fill("1-65535, "))),
        service(&format!("image: {}", fill("a/"))),
        service(&format!("labels: {{? \"{}\" : b}}", fill("k"))),
        service(&format!("networks: [{}]", fill("n, "))),
        format!(
            "x-a: &a {{k: v}}\nservices: {{web: {{<<: [{}], image: x}}}}",
            fill("*a, ")
        ),
        format!(
            "services:\n{}",
            (0..400)
                .map(|n| format!("  s{n}: {{image: x, depends_on: [s{}]}}\n", n + 1))
                .collect::<Vec<_>>()
                .concat()
        ),
    ];
    for text in texts {
        read(&text, Some(&fill("A=$A$A\n")));
    }
}
