//! Curves with logarithmic axes.

use honker_testkit::JournalMode;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;

use super::canvas::{FAINT, HAIR, INK, RULE, color, draw, failed, font, legend, split, style};
use crate::contender::Name;
use crate::plan::USUAL;
use crate::results::Results;

/// What fraction of commits was seen within which time.
pub(super) fn latency(results: &Results) -> Result<String, String> {
    let shown: Vec<(Name, Vec<(f64, f64)>)> = Name::ALL
        .into_iter()
        .filter(|name| *name != Name::Auto)
        .filter_map(|name| {
            let measured = results.latency(name, &USUAL)?;
            let points = measured.distribution.iter();
            // A logarithmic axis has no zero: the subscriber ran before the writer knew.
            Some((
                name,
                points
                    .map(|&(share, us)| (us.max(1.0), share * 100.0))
                    .collect(),
            ))
        })
        .collect();
    let card = Card {
        title: "From a commit's return to the subscriber running",
        subtitle: "WAL, synchronous=NORMAL, single commits 5 ms apart; further left is better",
        x: ("time after the commit returned", time, 7),
        y: ("commits seen by then (%)", |share| format!("{share:.0}"), 6),
        dots: false,
    };
    lines(&card, (1f64..1e6).log_scale(), 0f64..100f64, &shown)
}

/// Processor time over the number of databases.
pub(super) fn idle(results: &Results) -> Result<String, String> {
    let of = |name: Name| {
        let cells = results.idle.iter();
        let cells =
            cells.filter(|cell| cell.contender == name && cell.setting.mode == JournalMode::Wal);
        let points = cells.filter_map(|cell| {
            let measured = cell.measured.as_ref()?;
            let databases = crate::spread::float(cell.setting.databases as u64);
            Some((databases, measured.cpu_ms_a_s.median.max(0.01)))
        });
        let points: Vec<(f64, f64)> = points.collect();
        (!points.is_empty() && name != Name::Auto).then_some((name, points))
    };
    let shown: Vec<(Name, Vec<(f64, f64)>)> = Name::ALL.into_iter().filter_map(of).collect();
    let most = shown
        .iter()
        .flat_map(|(_, points)| points)
        .map(|point| point.0);
    let most = most.fold(10.0, f64::max);
    let card = Card {
        title: "What idle databases cost",
        subtitle: "WAL; a thread a database is tried up to 1,000 databases; lower is better",
        x: ("databases watched by one process", count, 5),
        y: ("processor time, ms a second", count, 7),
        dots: true,
    };
    let (x, y) = ((0.9..most * 1.15).log_scale(), (0.01..5000.0).log_scale());
    lines(&card, x, y, &shown)
}

/// What is written around curves: for each axis what it shows, how its figures are written, and about how many.
struct Card {
    title: &'static str,
    subtitle: &'static str,
    x: (&'static str, fn(f64) -> String, usize),
    y: (&'static str, fn(f64) -> String, usize),
    dots: bool,
}

fn lines<X, Y>(card: &Card, x: X, y: Y, shown: &[(Name, Vec<(f64, f64)>)]) -> Result<String, String>
where
    X: AsRangedCoord<Value = f64>,
    Y: AsRangedCoord<Value = f64>,
    X::CoordDescType: ValueFormatter<f64>,
    Y::CoordDescType: ValueFormatter<f64>,
{
    draw(card.title, card.subtitle, |area| {
        let (left, right) = split(area);
        let mut chart = ChartBuilder::on(&left)
            .margin_right(18)
            .x_label_area_size(46)
            .y_label_area_size(72)
            .build_cartesian_2d(x, y)
            .map_err(failed)?;
        chart
            .configure_mesh()
            .x_desc(card.x.0)
            .y_desc(card.y.0)
            .x_label_formatter(&|value| card.x.1(*value))
            .y_label_formatter(&|value| card.y.1(*value))
            .x_labels(card.x.2)
            .y_labels(card.y.2)
            .axis_style(RULE)
            .bold_line_style(RULE)
            .light_line_style(HAIR)
            .label_style(font(13, FAINT))
            .axis_desc_style(font(14, INK))
            .draw()
            .map_err(failed)?;
        for (name, points) in shown {
            let line = LineSeries::new(points.iter().copied(), style(*name));
            chart.draw_series(line).map_err(failed)?;
            if card.dots {
                let dots = points
                    .iter()
                    .map(|&at| Circle::new(at, 4, color(*name).filled()));
                chart.draw_series(dots).map_err(failed)?;
            }
        }
        let names: Vec<Name> = shown.iter().map(|(name, _)| *name).collect();
        legend(&right, &names)
    })
}

fn time(us: f64) -> String {
    match us {
        us if us < 1e3 => format!("{us:.0} µs"),
        us if us < 1e6 => format!("{:.0} ms", us / 1e3),
        us => format!("{:.0} s", us / 1e6),
    }
}

fn count(number: f64) -> String {
    match number {
        number if number < 1.0 => format!("{number}"),
        number if number < 1e3 => format!("{number:.0}"),
        number => format!("{:.0},000", number / 1e3),
    }
}
