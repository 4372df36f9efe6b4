//! Puts a stop point into SQLite's source, or says why it has no place there any more.

use crate::points::{Place, Point};

/// The source with one more stop point.
pub(crate) fn patch(source: &str, point: &Point) -> Result<String, String> {
    let at = place(source, point).map_err(|what| {
        format!(
            "no place for the stop point {:?}: {what}. See how that function has changed, and move the point in \
             build/points.rs to where it still means what its name says.",
            point.name
        )
    })?;
    let (head, tail) = source.split_at(at);
    Ok(format!(
        "{head} honker_stop_point(\"{}\"); {tail}",
        point.name
    ))
}

/// Where it goes.
fn place(source: &str, point: &Point) -> Result<usize, String> {
    let (function, anchor) = (point.function, point.anchor);
    // A declaration may have the same first line; a semicolon ends it.
    let first_line = format!("\n{function}");
    let mut starts = source
        .match_indices(&first_line)
        .map(|(at, _)| at + 1)
        .filter(|at| is_definition(&source[*at..]));
    let (Some(start), None) = (starts.next(), starts.next()) else {
        return Err(format!("not one definition begins with {function:?}"));
    };
    let Some(length) = source[start..].find("\n}\n") else {
        return Err(format!("{function:?} has no end"));
    };
    let body = &source[start..start + length];
    let mut places = body.match_indices(anchor).map(|(at, _)| at);
    let (Some(at), None) = (places.next(), places.next()) else {
        let times = body.matches(anchor).count();
        return Err(format!(
            "{anchor:?} is {times} times in {function:?}, not once"
        ));
    };
    Ok(match point.place {
        Place::Before => start + at,
        Place::After => start + at + anchor.len(),
    })
}

fn is_definition(text: &str) -> bool {
    match (text.find('{'), text.find(';')) {
        (Some(brace), Some(semicolon)) => brace < semicolon,
        (brace, _) => brace.is_some(),
    }
}
