//! PowerPro's lists: `page` and `pageSize` in, `{data, page, pageSize, totalItems, totalPages}` out.

use ferrum_domain::{Violations, parse};
use ferrum_store::listing::{NamedSort, Order, Window};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The rows of this page; empty past the end.
    pub data: Vec<T>,
    /// Number of this page, from 1.
    #[schemars(example = 1)]
    pub page: u64,
    /// Rows per page.
    #[schemars(example = 20)]
    pub page_size: u64,
    /// Rows in the whole list.
    #[schemars(example = 1)]
    pub total_items: u64,
    /// Pages in the whole list; 0 when it is empty.
    #[schemars(example = 1)]
    pub total_pages: u64,
}

impl<T> Page<T> {
    /// The page `window` of a list of `total` rows.
    pub fn new<R>(window: Window, (rows, total): (Vec<R>, u64), view: impl FnMut(R) -> T) -> Self {
        Self {
            data: rows.into_iter().map(view).collect(),
            page: window.page,
            page_size: window.size,
            total_items: total,
            total_pages: total.div_ceil(window.size),
        }
    }
}

/// The two parameters that every list has.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct PageQuery {
    /// Page number, from 1.
    #[schemars(with = "Option<u32>", range(min = 1), extend("default" = 1))]
    page: Option<String>,
    /// Rows per page; over 100 becomes 100.
    #[serde(rename = "pageSize")]
    #[schemars(with = "Option<u32>", range(min = 1), extend("default" = 20))]
    page_size: Option<String>,
}

impl PageQuery {
    /// The page asked for.
    pub(crate) fn window(&self, violations: &mut Violations) -> Window {
        let page = at_least(1, "page", self.page.as_deref(), violations).unwrap_or(1);
        let size = at_least(1, "pageSize", self.page_size.as_deref(), violations).unwrap_or(20);
        Window { page: page.unsigned_abs(), size: size.unsigned_abs().min(100) }
    }
}

/// A whole number, `least` or more. One beyond every integer is past the end of whatever it counts.
pub(crate) fn at_least(
    least: i64,
    name: &str,
    text: Option<&str>,
    violations: &mut Violations,
) -> Option<i64> {
    let number = parse::whole_text(text?).filter(|number| *number >= least);
    if number.is_none() {
        violations.add(name, format!("must be a whole number of at least {least}"));
    }
    number
}

/// The one of `choices` that a parameter or a member names.
pub(crate) fn choice<T: Copy>(
    name: &str,
    text: Option<&str>,
    choices: &[(&str, T)],
    violations: &mut Violations,
) -> Option<T> {
    parse::choice_text(name, text?, choices, violations)
}

/// The parameter `sortOrder`.
pub(crate) fn order(text: Option<&str>, default: Order, violations: &mut Violations) -> Order {
    let choices = [("asc", Order::Ascending), ("desc", Order::Descending)];
    choice("sortOrder", text, &choices, violations).unwrap_or(default)
}

/// The parameter `sortBy` of a list that has one sort, `only`, which is then the default.
pub(crate) fn only_sort(text: Option<&str>, only: &str, violations: &mut Violations) {
    let _the_only_one = choice("sortBy", text, &[(only, ())], violations);
}

/// A parameter that must be given.
pub(crate) fn required<'q>(
    name: &str,
    text: Option<&'q str>,
    violations: &mut Violations,
) -> Option<&'q str> {
    let given = text.filter(|text| !text.is_empty());
    if given.is_none() {
        violations.add(name, "is required");
    }
    given
}

/// A list sorted by name or by age.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct NamedQuery {
    #[serde(flatten)]
    page: PageQuery,
    /// Field to sort by: `name` (default) or `created_at`.
    #[serde(rename = "sortBy")]
    #[schemars(extend("enum" = ["name", "created_at"]))]
    sort_by: Option<String>,
    /// `asc` (default) or `desc`.
    #[serde(rename = "sortOrder")]
    #[schemars(extend("enum" = ["asc", "desc"]))]
    sort_order: Option<String>,
}

impl NamedQuery {
    /// The page asked for, and what it is sorted by in which direction.
    pub(crate) fn read(&self, violations: &mut Violations) -> (Window, NamedSort, Order) {
        let sorts = [("name", NamedSort::Name), ("created_at", NamedSort::CreatedAt)];
        let window = self.page.window(violations);
        let sort = choice("sortBy", self.sort_by.as_deref(), &sorts, violations).unwrap_or(NamedSort::Name);
        let order = order(self.sort_order.as_deref(), Order::Ascending, violations);
        (window, sort, order)
    }
}
