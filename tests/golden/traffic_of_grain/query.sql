from mart.traffic_of_grain('month')
