"""Properties are tried as often on a busy machine as on an idle one."""

from hypothesis import HealthCheck, settings

settings.register_profile("acquit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("acquit")
