//! t
use crate::results::Results;
/// t
pub fn tables(r:&Results)->String{ let mut s=String::new();
 for c in &r.latency { s+=&format!("{:<18} {:?} {:?} {:?} {}\n",c.contender.to_string(),c.setting.mode,c.setting.synchronous,c.setting.rhythm, c.measured.as_ref().map(|m|format!("p50 {:.1} [{:.1} {:.1}] p99 {:.1} max {:.0} start {:.1} ins {:.1} early {:.2} late {:.2} unseen {} tails {} w/c {:.2} needless {} cpu {:.1}",m.p50_us.median,m.p50_us.min,m.p50_us.max,m.p99_us.median,m.max_us,m.from_start_p50_us.median,m.insert_p50_us.median,m.before_return,m.after_the_next,m.unseen,m.tails_unseen,m.wakes_a_commit,m.needless,m.cpu_ms_a_s.median)).unwrap_or_else(||c.failures.join(";"))); }
 for c in &r.idle { s+=&format!("{:<18} {:?} {} {}\n",c.contender.to_string(),c.setting.mode,c.setting.databases,c.measured.as_ref().map(|m|format!("open {:.1} close {:.1} cpu {:.2} wk {:.0} look {:?} th {} fd {} rss {:.1} p50 {:.1} max {:.0} unseen {}",m.open_ms.median,m.close_ms.median,m.cpu_ms_a_s.median,m.wake_ups_a_s.median,m.look_each_ms,m.threads,m.descriptors,m.rss_mib,m.p50_us.median,m.max_us,m.unseen)).unwrap_or_else(||c.failures.join(";")));}
 for c in &r.storm { s+=&format!("storm {:<18} {:?} {}\n",c.contender.to_string(),c.setting.mode,c.measured.as_ref().map(|m|format!("kept {:.3} [{:.3} {:.3}] {:.0}/s w/c {:.4} cpu {:.1}",m.kept.median,m.kept.low,m.kept.high,m.commits_a_s.median,m.wakes_a_commit,m.cpu_ms_a_s.median)).unwrap_or_else(||c.failures.join(";")));}
 for c in &r.interference { s+=&format!("busy {:<18} {:?} {:?} {:?}\n",c.contender.to_string(),c.setting.mode,c.measured,c.failures);}
 for c in &r.correctness { s+=&format!("corr {:<18} {:?} {:?} {:?}\n",c.contender.to_string(),c.setting.mode,c.measured,c.failures);}
 for c in &r.fan_out { s+=&format!("fan {:<18} {:?} {}\n",c.contender.to_string(),c.setting,c.measured.as_ref().map(|m|format!("first {:.0} last {:.0} unwoken {} rss {:.1}",m.first_us.median,m.last_us.median,m.unwoken,m.rss_mib)).unwrap_or_else(||c.failures.join(";")));}
 for l in &r.look { s+=&format!("look {l:?}\n"); }
 s+=&format!("{:?} {} s\n",r.machine,r.seconds);
 s }
