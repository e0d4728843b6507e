"""Reports that are made every month for people who are told of them."""

from webui.monthly.book import Monthly, Said, end, subscribe, subscriptions
from webui.monthly.clock import MonthClock, make_due

__all__ = ["MonthClock", "Monthly", "Said", "end", "make_due", "subscribe", "subscriptions"]
