//! Bars from zero, with the spread of the repeats.

use honker_testkit::JournalMode;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{CARD, FAINT, INK, RULE, SIZE, color, draw, failed, font, label, write};
use crate::contender::Name;
use crate::report::number::percent;
use crate::results::{Results, Storm};

/// Where the bars begin.
const LEFT: i32 = 210;
/// How wide 100 % is.
const WHOLE: f64 = 235.0;
/// From one mode to the next.
const PANEL: i32 = 335;
const TOP: i32 = 44;

/// What a saturated writer keeps of its throughput, in both modes.
pub(super) fn throughput(results: &Results) -> Result<String, String> {
    let modes = [JournalMode::Wal, JournalMode::Delete];
    let is_shown = |name: &Name| {
        *name != Name::Auto
            && modes
                .iter()
                .any(|&mode| results.storm(*name, mode).is_some())
    };
    let shown: Vec<Name> = Name::ALL.into_iter().filter(is_shown).collect();
    let title = "What a saturated writer keeps of its throughput";
    let subtitle = "synchronous=OFF, watched and unwatched by turns; longer is better; thin lines: \
                    the middle half of the repeats";
    draw(title, subtitle, |area| {
        let rows = i32::try_from(shown.len().max(1)).unwrap_or(1);
        let height = i32::try_from(SIZE.1).unwrap_or(480) - 66 - TOP - 46;
        let step = (height / rows).min(40);
        for (panel, mode) in (0..).zip(modes) {
            let left = LEFT + panel * PANEL;
            write(area, mode.name(), (left, 8), 15, INK)?;
            let end = TOP + step * rows;
            for (share, text) in [(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")] {
                let x = left + along(share);
                rule(area, (x, TOP - 8), (x, end), RULE, 1)?;
                let style = font(13, FAINT).pos(Pos::new(HPos::Center, VPos::Top));
                let text = Text::new(text, (x, end + 8), style);
                area.draw(&text).map_err(failed)?;
            }
            for (row, &name) in (0..).zip(&shown) {
                let at = (left, TOP + step * row);
                match results.storm(name, mode) {
                    Some(storm) => bar(area, name, storm, at, step)?,
                    None => not_measured(area, name, mode, at, step)?,
                }
            }
        }
        for (row, &name) in (0..).zip(&shown) {
            let style = font(13, INK).pos(Pos::new(HPos::Right, VPos::Center));
            let at = (LEFT - 12, TOP + step * row + step / 2 - 1);
            area.draw(&Text::new(label(name), at, style))
                .map_err(failed)?;
        }
        let style = font(14, INK).pos(Pos::new(HPos::Center, VPos::Top));
        let at = (LEFT + PANEL.midpoint(along(1.0)), TOP + step * rows + 28);
        let axis = Text::new(
            "commits a second, as a share of the unwatched writer's",
            at,
            style,
        );
        area.draw(&axis).map_err(failed)
    })
}

fn bar(
    area: &super::canvas::Area<'_>,
    name: Name,
    storm: &Storm,
    (left, top): (i32, i32),
    step: i32,
) -> Result<(), String> {
    let kept = &storm.kept;
    let (middle, thickness) = (top + step / 2, step * 3 / 10);
    let corners = [
        (left, middle - thickness),
        (left + along(kept.median), middle + thickness),
    ];
    let bar = Rectangle::new(corners, color(name).filled());
    area.draw(&bar).map_err(failed)?;
    let ends = [along(kept.low), along(kept.high)].map(|x| left + x);
    rule(area, (ends[0], middle), (ends[1], middle), INK, 1)?;
    for end in ends {
        rule(area, (end, middle - 4), (end, middle + 4), INK, 1)?;
    }
    // In the bar, or beside a short one.
    let is_long = kept.low > 0.35;
    let (x, color) = if is_long {
        (left + 8, CARD)
    } else {
        (left.max(ends[1]) + 8, INK)
    };
    let style = font(13, color).pos(Pos::new(HPos::Left, VPos::Center));
    let text = Text::new(percent(kept.median), (x, middle - 1), style);
    area.draw(&text).map_err(failed)
}

/// Some work in one mode only.
fn not_measured(
    area: &super::canvas::Area<'_>,
    name: Name,
    mode: JournalMode,
    (left, top): (i32, i32),
    step: i32,
) -> Result<(), String> {
    let text = if name.works_in(mode) {
        "failed"
    } else {
        "WAL only"
    };
    let style = font(13, FAINT).pos(Pos::new(HPos::Left, VPos::Center));
    let text = Text::new(text, (left + 8, top + step / 2 - 1), style);
    area.draw(&text).map_err(failed)
}

fn rule(
    area: &super::canvas::Area<'_>,
    from: (i32, i32),
    to: (i32, i32),
    color: RGBColor,
    width: u32,
) -> Result<(), String> {
    let line = PathElement::new(vec![from, to], color.stroke_width(width));
    area.draw(&line).map_err(failed)
}

#[expect(clippy::cast_possible_truncation, reason = "a few hundred pixels")]
fn along(share: f64) -> i32 {
    (share.clamp(0.0, 1.3) * WHOLE).round() as i32
}
