"""The table of recurring work, with its intervals in seconds; `rq cron` imports it."""

from rq import cron

from worker import periodic

for job, interval in (
    (periodic.ring_for_due_deliveries, 1),
    (periodic.sweep, 10),
    (periodic.watch_promises, 10),
    (periodic.wake_snoozed, 15),
    (periodic.watch_gaps, 30),
    (periodic.watch_webhooks, 60),
    (periodic.make_partitions, 43_200),
    (periodic.sweep_files, 300),
    (periodic.drop_old_events, 43_200),
    (periodic.apply_parked, 60),
    (periodic.mail_reports, 60),
    (periodic.pack_days, 60),
    (periodic.reconcile_yesterday, 3_600),
    (periodic.set_aside_parked, 7_200),
):
    # What no worker took in time is dropped, so that nothing piles up while there are none: the next does its work.
    cron.register(
        job,
        queue_name="periodic",
        interval=interval,
        result_ttl=0,
        ttl=max(3 * interval, 10),
        job_timeout=60,
        name=job.__name__,
    )
