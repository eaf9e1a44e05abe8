"""The table of recurring work; `rq cron` imports it. Times of day are UTC."""

from rq import cron

from worker.periodic import make_partitions, sweep, wake_snoozed, watch_promises

cron.register(sweep, queue_name="periodic", interval=10, result_ttl=0, job_timeout=60, name="sweep")
cron.register(watch_promises, queue_name="periodic", interval=10, result_ttl=0, job_timeout=60, name="watch promises")
cron.register(wake_snoozed, queue_name="periodic", interval=15, result_ttl=0, job_timeout=60, name="wake snoozed")
cron.register(make_partitions, queue_name="periodic", interval=43_200, result_ttl=0, job_timeout=60, name="make partitions")
