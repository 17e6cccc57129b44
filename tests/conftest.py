"""What holds for every test."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.cpu_report"]

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
