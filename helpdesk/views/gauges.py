"""What Prometheus reads: states of work that lies in the database, counted over partial indexes when asked.

Every web process answers the same, so no file is shared between processes.
"""

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from helpdesk import clock
from helpdesk.messaging import delivery_queries, queries


class OperationCollector(Collector):
    def collect(self) -> Iterable[Metric]:
        at = clock.now()
        waiting = GaugeMetricFamily(
            "helpdesk_inbound_waiting", "Raw events not yet taken in", labels=["network", "account"]
        )
        oldest = GaugeMetricFamily(
            "helpdesk_inbound_oldest_seconds", "Age of the oldest of them", labels=["network", "account"]
        )
        deliveries = GaugeMetricFamily(
            "helpdesk_deliveries", "Deliveries that are not settled", labels=["network", "account", "state"]
        )
        healthy = GaugeMetricFamily(
            "helpdesk_channel_ok", "1 when the channel account can do its work", labels=["network", "account"]
        )
        for account in queries.channel_accounts():
            labels = [account.network, str(account.id)]
            count, since = queries.backlog(account.id)
            waiting.add_metric(labels, count)
            oldest.add_metric(labels, (at - since).total_seconds() if since else 0)
            healthy.add_metric(labels, account.health == "ok")
            for state, n in delivery_queries.count_unsettled(account.id).items():
                deliveries.add_metric([*labels, state], n)
        return [waiting, oldest, deliveries, healthy]
