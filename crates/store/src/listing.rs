//! Lists in pages, with a choice of filters and sorts.
//!
//! A [`Listing`] is data, so every statement it can build is known: tests prepare all of them on both
//! engines and read their query plans.

use ferrum_domain::Result;

use crate::engine::Tx;
use crate::row::{Row, Value};

/// Which part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Number of the page, from 1.
    pub page: u64,
    /// Rows per page, at least 1.
    pub size: u64,
}

/// The direction of a sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// How to sort things with names: the first two sorts of their [`Listing`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedSort {
    /// By name.
    Name,
    /// By age.
    CreatedAt,
}

/// A list that clients can filter, sort and page.
///
/// ```text
/// const LISTING: Listing = Listing {
///     columns: "id, name",
///     from: "lift_maxes",
///     scope: &["account_key = ?"],
///     filters: &["lift_id = ?", "max_type = ?"],
///     sorts: &["effective_at {}, id {}", "value {}, id {}"],
/// };
/// ```
#[derive(Debug)]
pub(crate) struct Listing {
    /// What each row has.
    pub(crate) columns: &'static str,
    /// Tables and joins.
    pub(crate) from: &'static str,
    /// Conditions that always hold. Every `?` in one stands for its one value.
    pub(crate) scope: &'static [&'static str],
    /// Conditions that hold when they are given a value; one without `?` takes any value as "yes".
    pub(crate) filters: &'static [&'static str],
    /// Sort orders, chosen by position, each with a tie-breaker; `{}` stands for the direction.
    pub(crate) sorts: &'static [&'static str],
}

/// What is wanted of a [`Listing`].
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    /// A value for each condition of the scope.
    pub(crate) scope: &'a [Value<'a>],
    /// A value, or `None`, for each filter.
    pub(crate) filters: &'a [Option<Value<'a>>],
    /// Position in the listing's sorts: `NamedSort::Name as usize`.
    pub(crate) sort: usize,
    /// Direction of the sort.
    pub(crate) order: Order,
    /// Which page.
    pub(crate) window: Window,
}

impl Listing {
    /// The rows of one page, and how many rows the whole list has.
    pub(crate) fn page<T>(
        &self,
        tx: &mut Tx<'_>,
        wanted: &Wanted<'_>,
        row: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<(Vec<T>, u64)> {
        let given: Vec<bool> = wanted.filters.iter().map(Option::is_some).collect();
        let conditions = self.conditions(&given);
        let mut values = self.values(wanted);
        let offset = (wanted.window.page - 1).saturating_mul(wanted.window.size);
        values.push(Value::Int(i64::try_from(wanted.window.size).unwrap_or(i64::MAX)));
        values.push(Value::Int(i64::try_from(offset).unwrap_or(i64::MAX)));

        let sql = self.page_sql(&conditions, wanted.sort, wanted.order);
        let rows = tx.query(&sql, &values, row)?;
        let read = rows.len() as u64;
        // A page that is neither full nor past the end tells the total by itself.
        if read < wanted.window.size && (read > 0 || offset == 0) {
            return Ok((rows, offset + read));
        }
        values.truncate(values.len() - 2);
        let total = tx.query_one(&self.count_sql(&conditions), &values, |row| row.get::<i64>(0))?;
        Ok((rows, total.unsigned_abs()))
    }

    /// Every statement that [`Listing::page`] can run.
    #[cfg(test)]
    pub(crate) fn variants(&self) -> Vec<String> {
        let mut all = Vec::new();
        for choice in 0..1_u32 << self.filters.len() {
            let given: Vec<bool> = (0..self.filters.len()).map(|i| choice >> i & 1 == 1).collect();
            let conditions = self.conditions(&given);
            for sort in 0..self.sorts.len() {
                all.push(self.page_sql(&conditions, sort, Order::Ascending));
                all.push(self.page_sql(&conditions, sort, Order::Descending));
            }
            all.push(self.count_sql(&conditions));
        }
        all
    }

    fn page_sql(&self, conditions: &Conditions, sort: usize, order: Order) -> String {
        let direction = if order == Order::Ascending { "ASC" } else { "DESC" };
        let (limit, offset) = (conditions.markers + 1, conditions.markers + 2);
        format!(
            "SELECT {} FROM {}{} ORDER BY {} LIMIT ?{limit} OFFSET ?{offset}",
            self.columns,
            self.from,
            conditions.sql,
            self.sorts[sort].replace("{}", direction),
        )
    }

    fn count_sql(&self, conditions: &Conditions) -> String {
        format!("SELECT COUNT(*) FROM {}{}", self.from, conditions.sql)
    }

    fn conditions(&self, given: &[bool]) -> Conditions {
        let filters = self.filters.iter().zip(given).filter(|(_, given)| **given).map(|(sql, _)| sql);
        let mut conditions = Conditions { sql: String::new(), markers: 0 };
        for condition in self.scope.iter().chain(filters) {
            conditions.sql.push_str(if conditions.sql.is_empty() { " WHERE " } else { " AND " });
            if condition.contains('?') {
                conditions.markers += 1;
                conditions.sql.push_str(&condition.replace('?', &format!("?{}", conditions.markers)));
            } else {
                conditions.sql.push_str(condition);
            }
        }
        conditions
    }

    fn values<'a>(&self, wanted: &Wanted<'a>) -> Vec<Value<'a>> {
        let scope = self.scope.iter().zip(wanted.scope.iter().map(|value| Some(*value)));
        let filters = self.filters.iter().zip(wanted.filters.iter().copied());
        scope.chain(filters).filter(|(sql, _)| sql.contains('?')).filter_map(|(_, value)| value).collect()
    }
}

struct Conditions {
    sql: String,
    markers: usize,
}
