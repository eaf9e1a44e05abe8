"""What Prometheus reads: the figures of the operator's health page, counted over partial indexes when asked.

Every web process answers the same, so no file is shared between processes.
"""

from collections.abc import Callable, Iterable

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from helpdesk import clock
from helpdesk.messaging import delivery_queries, health_queries
from helpdesk.messaging.channel_health import Verdict, judge

_LABELS = ["network", "account"]

_FIGURES: dict[str, tuple[str, Callable[[Verdict], float]]] = {
    "helpdesk_inbound_waiting": ("Raw events not yet taken in", lambda v: v.facts.waiting.rows),
    "helpdesk_inbound_oldest_seconds": ("Age of the oldest of them", lambda v: v.lag.total_seconds()),
    "helpdesk_inbound_set_aside": ("Raw events set aside", lambda v: v.facts.set_aside),
    "helpdesk_inbound_parked": ("Events that wait for their message", lambda v: v.facts.parked),
    "helpdesk_inbound_parked_overdue": ("Those that waited for 7 days", lambda v: v.facts.overdue_parked),
    "helpdesk_webhooks_refused_today": ("Calls with a bad signature today (UTC)", lambda v: v.facts.refused_today),
    "helpdesk_deliveries_oldest_seconds": (
        "Age of the oldest delivery that may go",
        lambda v: v.oldest_queued.total_seconds(),
    ),
    "helpdesk_lookups_waiting": (
        "Unknown deliveries that are looked for in the network's record",
        lambda v: v.facts.looked_for.rows,
    ),
    "helpdesk_history_failures": (
        "Tries in a row to read the network's record that came to nothing",
        lambda v: v.facts.link.history_failures if v.facts.link is not None else 0,
    ),
    "helpdesk_channel_ok": ("1 when the channel account can do its work", lambda v: not v.is_broken),
    "helpdesk_channel_paused": ("1 while somebody has paused it", lambda v: v.facts.account.paused_at is not None),
    "helpdesk_channel_needs_somebody": ("1 when something does not pass by itself", lambda v: v.needs_somebody),
}


class OperationCollector(Collector):
    def collect(self) -> Iterable[Metric]:
        at = clock.now()
        verdicts = [judge(facts, at=at) for facts in health_queries.channel_facts(at=at)]
        return [
            *(_gauge(name, verdicts) for name in _FIGURES),
            _last_event(verdicts),
            _history_read(verdicts),
            _webhook(verdicts),
            _quota(verdicts),
            _states(verdicts),
        ]


def _gauge(name: str, verdicts: Iterable[Verdict]) -> Metric:
    words, figure = _FIGURES[name]
    gauge = GaugeMetricFamily(name, words, labels=_LABELS)
    for verdict in verdicts:
        gauge.add_metric(_labels(verdict), float(figure(verdict)))
    return gauge


def _last_event(verdicts: Iterable[Verdict]) -> Metric:
    gauge = GaugeMetricFamily(
        "helpdesk_channel_last_event_timestamp_seconds", "When the network last told us of anything", labels=_LABELS
    )
    for verdict in verdicts:
        if verdict.facts.account.last_event_at is not None:
            gauge.add_metric(_labels(verdict), verdict.facts.account.last_event_at.timestamp())
    return gauge


def _history_read(verdicts: Iterable[Verdict]) -> Metric:
    gauge = GaugeMetricFamily(
        "helpdesk_history_read_timestamp_seconds", "When the network's record was last read to its end", labels=_LABELS
    )
    for verdict in verdicts:
        if verdict.facts.link is not None and verdict.facts.link.history_read_at is not None:
            gauge.add_metric(_labels(verdict), verdict.facts.link.history_read_at.timestamp())
    return gauge


def _webhook(verdicts: Iterable[Verdict]) -> Metric:
    gauge = GaugeMetricFamily("helpdesk_webhook_ok", "1 while the network calls the webhook we made", labels=_LABELS)
    for verdict in verdicts:
        if verdict.facts.link is not None and verdict.facts.link.webhook_id:
            gauge.add_metric(_labels(verdict), verdict.facts.link.webhook_is_valid)
    return gauge


def _quota(verdicts: Iterable[Verdict]) -> Metric:
    gauge = GaugeMetricFamily("helpdesk_channel_quota_remaining", "Sends the network still allows", labels=_LABELS)
    for verdict in verdicts:
        if verdict.facts.account.quota_remaining is not None:
            gauge.add_metric(_labels(verdict), verdict.facts.account.quota_remaining)
    return gauge


def _states(verdicts: Iterable[Verdict]) -> Metric:
    gauge = GaugeMetricFamily("helpdesk_deliveries", "Deliveries that are not settled", labels=[*_LABELS, "state"])
    for verdict in verdicts:
        for state, count in delivery_queries.count_unsettled(verdict.facts.account.id).items():
            gauge.add_metric([*_labels(verdict), state], count)
    return gauge


def _labels(verdict: Verdict) -> list[str]:
    return [verdict.facts.account.network, str(verdict.facts.account.id)]
