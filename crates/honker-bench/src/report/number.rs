//! Figures as people read them: three digits at most, since no more can be trusted.

/// A plain number.
pub(super) fn plain(value: f64) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    let size = value.abs();
    if size >= 100.0 {
        thousands(value)
    } else if size >= 10.0 || value == 0.0 {
        format!("{value:.0}")
    } else if size >= 1.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// A count.
pub(super) fn count(number: u64) -> String {
    thousands(crate::spread::float(number))
}

/// A time that is given in microseconds.
pub(super) fn time(us: f64) -> String {
    if us < 1000.0 {
        format!("{} µs", plain(us))
    } else if us < 1e6 {
        format!("{} ms", plain(us / 1e3))
    } else {
        format!("{} s", plain(us / 1e6))
    }
}

/// How many times something is something else.
pub(super) fn times(ratio: f64) -> String {
    if ratio.is_finite() {
        format!("{}×", plain(ratio))
    } else {
        "-".to_owned()
    }
}

/// A share.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or(("", digits.as_str()), |rest| ("-", rest));
    let mut text = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_at_most_and_commas() {
        let all = [0.0, 0.123, 1.26, 12.6, 126.4, 1_234_567.0];
        let texts: Vec<String> = all.into_iter().map(plain).collect();
        assert_eq!(texts, ["0", "0.12", "1.3", "13", "126", "1,234,567"]);
        assert_eq!(plain(f64::INFINITY), "-");
        assert_eq!(time(48_600.0), "49 ms");
        assert_eq!(percent(0.9876), "98.8 %");
    }
}
