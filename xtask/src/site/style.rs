//! The style sheet: `style/main.css` and what it imports, as one minified file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use lightningcss::printer::PrinterOptions;
use lightningcss::rules::CssRule;
use lightningcss::rules::import::ImportRule;
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, StyleSheet};
use lightningcss::targets::{Browsers, Targets};
use lightningcss::traits::ToCss;

/// Browsers of 2024 and later: they know nesting, `@layer`, `light-dark()` and `:has()`, so none of it has to be
/// written out.
const BROWSERS: Browsers = Browsers {
    android: None,
    chrome: Some(123 << 16),
    edge: Some(123 << 16),
    firefox: Some(128 << 16),
    ie: None,
    ios_saf: Some(17 << 16 | 5 << 8),
    opera: None,
    safari: Some(17 << 16 | 5 << 8),
    samsung: None,
};

/// Bundles and minifies a style sheet.
pub(super) fn bundle(main: &Path) -> Result<String> {
    let text = inline(main, &mut Vec::new())?;
    let mut sheet = parse(&text, main)?;
    let targets = Targets::from(BROWSERS);
    sheet
        .minify(MinifyOptions {
            targets,
            ..Default::default()
        })
        .map_err(|error| anyhow!("cannot minify `{}`: {error}", main.display()))?;
    let printed = sheet
        .to_css(PrinterOptions {
            minify: true,
            targets,
            ..Default::default()
        })
        .map_err(|error| anyhow!("cannot print `{}`: {error}", main.display()))?;
    Ok(printed.code)
}

/// Reads a sheet and puts what it imports in place of the imports.
fn inline(path: &Path, parents: &mut Vec<PathBuf>) -> Result<String> {
    if parents.iter().any(|parent| parent == path) {
        bail!("the style sheet `{}` imports itself", path.display());
    }
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the style sheet `{}`", path.display()))?;
    let sheet = parse(&text, path)?;
    parents.push(path.to_path_buf());
    let mut whole = String::new();
    for rule in &sheet.rules.0 {
        if let CssRule::Import(import) = rule {
            let file = path.with_file_name(&*import.url);
            whole.push_str(&wrap(import, inline(&file, parents)?, path)?);
        } else {
            whole.push_str(&print(rule, path)?);
        }
        whole.push('\n');
    }
    parents.pop();
    Ok(whole)
}

/// Gives imported rules the layer and the conditions of their import.
fn wrap(import: &ImportRule<'_>, mut rules: String, path: &Path) -> Result<String> {
    if let Some(layer) = &import.layer {
        let name = layer
            .as_ref()
            .map(|name| print(name, path))
            .transpose()?
            .unwrap_or_default();
        rules = format!("@layer {name} {{\n{rules}}}");
    }
    if let Some(condition) = &import.supports {
        rules = format!("@supports {} {{\n{rules}}}", print(condition, path)?);
    }
    if !import.media.media_queries.is_empty() {
        rules = format!("@media {} {{\n{rules}}}", print(&import.media, path)?);
    }
    Ok(rules)
}

fn parse<'text>(text: &'text str, path: &Path) -> Result<StyleSheet<'text>> {
    let filename = path.display().to_string();
    StyleSheet::parse(
        text,
        ParserOptions {
            filename,
            ..Default::default()
        },
    )
    .map_err(|error| {
        // The library counts lines from 0, editors from 1.
        let line = error.loc.map_or(0, |place| place.line + 1);
        anyhow!(
            "cannot read the style sheet `{}:{line}`: {}",
            path.display(),
            error.kind
        )
    })
}

fn print(part: &impl ToCss, path: &Path) -> Result<String> {
    part.to_css_string(PrinterOptions::default())
        .map_err(|error| anyhow!("cannot print a rule of `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundled(sheets: &[(&str, &str)]) -> Result<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in sheets {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        bundle(&folder.path().join(sheets[0].0))
    }

    #[test]
    fn an_import_is_put_in_its_layer_and_under_its_condition() {
        let css = bundled(&[
            (
                "main.css",
                "@layer base, page;\n@import 'base.css' layer(base);\n@import 'wide.css' (width >= 60rem);",
            ),
            ("base.css", "a { color: red; }"),
            ("wide.css", "b { margin: 0px; }"),
        ])
        .unwrap();
        assert_eq!(
            css,
            "@layer base{a{color:red}}@layer page;@media (width>=60rem){b{margin:0}}"
        );
    }

    #[test]
    fn a_mistake_is_told_with_its_file_and_line() {
        let error = bundled(&[
            ("main.css", "@import 'base.css';"),
            ("base.css", "a { color: red; }\n\nb } {"),
        ]);
        let error = error.unwrap_err().to_string();
        assert!(error.contains("base.css:3"), "{error}");
    }

    #[test]
    fn a_sheet_that_imports_itself_is_refused() {
        let error = bundled(&[("main.css", "@import 'a.css';"), ("a.css", "@import 'main.css';")]);
        assert!(error.unwrap_err().to_string().contains("imports itself"));
    }

    #[test]
    fn modern_syntax_is_kept() {
        let css = bundled(&[("main.css", "a { color: light-dark(#fff, #000); & b { top: 0 } }")]).unwrap();
        assert_eq!(css, "a{color:light-dark(#fff,#000);& b{top:0}}");
    }
}
