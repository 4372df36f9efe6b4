//! Curves with logarithmic axes.

use honker_testkit::JournalMode;
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
    let title = "From a commit's return to the subscriber running";
    let subtitle = "WAL, synchronous=NORMAL, single commits 5 ms apart; further left is better";
    draw(title, subtitle, |area| {
        let (left, right) = split(area);
        let mut chart = ChartBuilder::on(&left)
            .margin_right(18)
            .x_label_area_size(46)
            .y_label_area_size(62)
            .build_cartesian_2d((1f64..1e6).log_scale(), 0f64..100f64)
            .map_err(failed)?;
        let mut mesh = chart.configure_mesh();
        mesh.x_desc("time after the commit returned")
            .y_desc("commits seen by then (%)");
        mesh.x_label_formatter(&|us| time(*us))
            .y_label_formatter(&|share| format!("{share:.0}"))
            .x_labels(7)
            .y_labels(6);
        mesh.axis_style(RULE)
            .bold_line_style(RULE)
            .light_line_style(HAIR);
        mesh.label_style(font(13, FAINT))
            .axis_desc_style(font(14, INK));
        mesh.draw().map_err(failed)?;
        for (name, points) in &shown {
            let line = LineSeries::new(points.iter().copied(), style(*name));
            chart.draw_series(line).map_err(failed)?;
        }
        let names: Vec<Name> = shown.iter().map(|(name, _)| *name).collect();
        legend(&right, &names)
    })
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
    let title = "What idle databases cost";
    let subtitle = "WAL; a thread a database is tried up to 1,000 databases; lower is better";
    draw(title, subtitle, |area| {
        let (left, right) = split(area);
        let mut chart = ChartBuilder::on(&left)
            .margin_right(18)
            .x_label_area_size(46)
            .y_label_area_size(78)
            .build_cartesian_2d((0.9..most * 1.15).log_scale(), (0.01..5000.0).log_scale())
            .map_err(failed)?;
        let mut mesh = chart.configure_mesh();
        mesh.x_desc("databases watched by one process")
            .y_desc("processor time, ms a second");
        mesh.x_label_formatter(&|n| count(*n))
            .y_label_formatter(&|ms| count(*ms));
        mesh.x_labels(5).y_labels(7);
        mesh.axis_style(RULE)
            .bold_line_style(RULE)
            .light_line_style(HAIR);
        mesh.label_style(font(13, FAINT))
            .axis_desc_style(font(14, INK));
        mesh.draw().map_err(failed)?;
        for (name, points) in &shown {
            let line = LineSeries::new(points.iter().copied(), style(*name));
            chart.draw_series(line).map_err(failed)?;
            let dots = points
                .iter()
                .map(|&at| Circle::new(at, 4, color(*name).filled()));
            chart.draw_series(dots).map_err(failed)?;
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
