//! From the dialect that statements are written in to PostgreSQL's.

use std::borrow::Cow;

/// `?1` becomes `$1`.
pub(super) fn statement(sql: &str) -> String {
    outside_quotes(sql, |text| Cow::Owned(text.replace('?', "$")))
}

/// The three words for types become PostgreSQL's. Texts compare by their bytes, as in SQLite. A key that
/// may be left out is numbered, as SQLite does by itself.
pub(super) fn schema(sql: &str) -> String {
    let sql = sql.replace("INTEGER PRIMARY KEY", "INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY");
    outside_quotes(&sql, |text| {
        let mut translated = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(is_word) {
            translated.push_str(&rest[..start]);
            rest = &rest[start..];
            let (word, after) = rest.split_at(rest.find(|c| !is_word(c)).unwrap_or(rest.len()));
            translated.push_str(match word {
                "INTEGER" => "BIGINT",
                "BLOB" => "BYTEA",
                "TEXT" => "TEXT COLLATE \"C\"",
                other => other,
            });
            rest = after;
        }
        translated.push_str(rest);
        Cow::Owned(translated)
    })
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Applies `change` to what is neither in quotes nor in a `--` comment.
fn outside_quotes<'s>(sql: &'s str, change: impl Fn(&'s str) -> Cow<'s, str>) -> String {
    let mut result = String::with_capacity(sql.len() + 16);
    let mut rest = sql;
    while let Some(start) = [rest.find(['\'', '"']), rest.find("--")].into_iter().flatten().min() {
        result.push_str(&change(&rest[..start]));
        rest = &rest[start..];
        let (opening, end) = match rest.as_bytes()[0] {
            b'-' => ("--", "\n"),
            b'\'' => ("'", "'"),
            _ => ("\"", "\""),
        };
        let body = &rest[opening.len()..];
        let length = body.find(end).map_or(rest.len(), |at| opening.len() + at + end.len());
        result.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    result.push_str(&change(rest));
    result
}

#[cfg(test)]
mod tests {
    use super::{schema, statement};

    #[test]
    fn markers_change_outside_of_quotes_alone() {
        let sql = "SELECT '?1', 'it''s ?2', \"?3\" FROM t -- why ?4\nWHERE a = ?1 AND b = ?12";
        let expected = "SELECT '?1', 'it''s ?2', \"?3\" FROM t -- why ?4\nWHERE a = $1 AND b = $12";
        assert_eq!(statement(sql), expected);
    }

    #[test]
    fn a_key_that_may_be_left_out_is_numbered() {
        let expected = "CREATE TABLE t (seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY);";
        assert_eq!(schema("CREATE TABLE t (seq INTEGER PRIMARY KEY);"), expected);
    }

    #[test]
    fn types_change_as_whole_words() {
        let sql =
            "CREATE TABLE t (a INTEGER NOT NULL, b TEXT, c BLOB, TEXTS TEXT DEFAULT 'TEXT'); -- don't\n";
        let expected = "CREATE TABLE t (a BIGINT NOT NULL, b TEXT COLLATE \"C\", c BYTEA, \
                        TEXTS TEXT COLLATE \"C\" DEFAULT 'TEXT'); -- don't\n";
        assert_eq!(schema(sql), expected);
    }
}
