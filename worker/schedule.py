"""The table of recurring work, with its intervals in seconds; `rq cron` imports it."""

from rq import cron

from worker import periodic

for job, interval in (
    (periodic.sweep, 10),
    (periodic.watch_promises, 10),
    (periodic.wake_snoozed, 15),
    (periodic.watch_gaps, 30),
    (periodic.watch_webhooks, 60),
    (periodic.make_partitions, 43_200),
    (periodic.sweep_files, 300),
):
    cron.register(job, queue_name="periodic", interval=interval, result_ttl=0, job_timeout=60, name=job.__name__)
