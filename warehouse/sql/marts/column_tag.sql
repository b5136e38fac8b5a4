-- one row per view, column and tag; column_name * stands for the whole view
create view mart.column_tag as
with tagged(tag, column_name, view_names) as (
    values
        -- A sum over series of any of these is wrong: quantiles, peaks and p95 loads do not add.
        ('not_additive', 'p95', ['traffic_month', 'traffic_week', 'traffic_day']),
        ('not_additive', 'value_gbps', ['forecast_latest', 'forecast_all', 'revision', 'new_route_quantile']),
        ('not_additive_unless_mean', 'value_gbps', ['traffic_latest', 'traffic_all']),
        ('not_additive', 'median_gbps', ['forecast_accuracy']),
        ('not_additive', 'low_80_gbps', ['forecast_accuracy']),
        ('not_additive', 'high_80_gbps', ['forecast_accuracy']),
        ('not_additive', 'low_95_gbps', ['forecast_accuracy']),
        ('not_additive', 'high_95_gbps', ['forecast_accuracy']),
        ('not_additive', 'earlier_gbps', ['revision']),
        ('not_additive', 'change_gbps', ['revision']),
        ('not_additive', 'value_before', ['revision_part']),
        ('not_additive', 'value_after', ['revision_part']),
        ('not_additive', 'change', ['revision_part']),
        ('not_additive', 'load_gbps', ['segment_load']),
        ('not_additive', 'utilization_ratio', ['segment_load']),
        ('not_additive', 'peak_gbps', ['traffic_peak']),
        ('not_additive', 'busy_hour_mean_gbps', ['traffic_peak']),
        ('not_additive', 'lost_p50_gbps', ['lost_traffic', 'new_route_share']),
        ('not_additive', 'lost_p90_gbps', ['lost_traffic', 'new_route_share']),
        ('not_additive', 'lost_p10_gbps', ['new_route_share']),
        -- What an operator pays or asks.
        ('price', '*', ['money_figure', 'upgrade', 'build_choice']),
        ('price', 'cost_usd', ['order_plan', 'upgrade']),
        ('price', 'present_value_usd', ['order_plan', 'upgrade']),
        ('price', 'price_usd_per_mbps_month', ['new_route_share']),
        ('price', 'value', ['assumption']),
        ('price', 'low', ['assumption']),
        ('price', 'high', ['assumption']),
        ('price', 'settings', ['run_history']),
        -- Who buys, and names that may say so.
        ('customer', 'name', ['route', 'project']),
        ('customer', 'name_ru', ['route', 'project']),
        ('customer', 'operators', ['segment']),
        ('customer', '*', ['interface', 'port_span', 'traffic_slot', 'load_history', 'quarantine', 'coincidence', 'coincidence_month', 'step_history']),
        -- Replaced by a number in a public export.
        ('route', 'route_id', ['route', 'route_path', 'route_risk', 'lost_traffic', 'traffic_peak', 'traffic_profile']),
        ('route', 'scope_id', ['event', 'driver']),
        ('route', 'alternative_id', ['new_route_share', 'new_route_quantile']),
        ('route', 'series_id', [
            'traffic_month', 'traffic_week', 'traffic_day', 'traffic_latest', 'traffic_all', 'data_quality',
            'forecast_latest', 'forecast_all', 'forecast_accuracy', 'forecast_component', 'backtest_score',
            'no_forecast', 'level_shift', 'forecast_effect', 'revision', 'revision_part'
        ]),
        -- Sentences that may name a price or a customer.
        ('free_text', 'reason', ['revision_part', 'order_plan', 'upgrade', 'build_choice', 'money_figure', 'no_forecast', 'quarantine', 'traffic_month', 'traffic_week', 'traffic_day', 'traffic_latest', 'traffic_all']),
        ('free_text', 'reason_values', ['revision_part', 'order_plan', 'upgrade', 'build_choice', 'money_figure', 'no_forecast', 'new_route_score', 'traffic_latest', 'traffic_all']),
        ('free_text', 'note_values', ['route_risk']),
        ('free_text', 'verdict_values', ['forecast_effect']),
        ('free_text', 'wrong_if_values', ['new_route_registration']),
        ('free_text', 'last_reason', ['data_quality']),
        ('free_text', 'note', ['route_risk', 'scenario_effect']),
        ('free_text', '*', ['plan_note']),
        ('free_text', 'effect', ['event', 'forecast_effect']),
        ('free_text', 'verdict', ['forecast_effect']),
        ('free_text', 'driver_id', ['driver']),
        ('free_text', 'event_id', ['event', 'level_shift']),
        ('free_text', 'wrong_if', ['new_route_registration']),
        ('free_text', 'reason', ['new_route_score']),
        ('free_text', 'assumption_ids', ['new_route_registration', 'money_figure']),
        ('free_text', 'name', ['assumption', 'assumption_effect', 'risk_group']),
        ('free_text', 'scope', ['assumption']),
        ('free_text', 'author', ['assumption']),
        ('free_text', 'source', ['node', 'segment', 'capacity', 'project', 'event', 'driver', 'assumption', 'risk_group', 'load_history', 'quarantine'])
)
select unnest(view_names) as view_name, column_name, tag
from tagged;
