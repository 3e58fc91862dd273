-- busiest_hours: when is the store full?
SELECT local_hour, round(avg(occupancy_mean), 2) AS occupancy, sum(entries) AS entries,
  min(observed_share) AS least_observed
FROM traffic GROUP BY local_hour ORDER BY occupancy DESC, local_hour LIMIT 5;

-- zones_that_stop_people: which zones do people stop in, of those who visit them?
SELECT zone_id, sum(entries) AS visits, round(sum(engaged) / sum(entries), 3) AS engagement_rate
FROM zones WHERE entries > 0 GROUP BY zone_id ORDER BY engagement_rate DESC, zone_id LIMIT 5;

-- handled_not_bought: which products are picked up and put back?
SELECT product_id, round(sum(handled), 1) AS handled, sum(bought) AS bought
FROM products WHERE level = 'sku' AND handled > 0
GROUP BY product_id ORDER BY sum(handled_not_bought) DESC, product_id LIMIT 5;

-- waits: how long do people wait, and at what hours too long?
SELECT zone_id, local_hour, round(avg(wait_mean_s), 0) AS wait_mean_s,
  round(max(over_target_share), 2) AS over_target_share
FROM queues WHERE joined > 0
GROUP BY zone_id, local_hour ORDER BY zone_id, local_hour LIMIT 5;

-- first_zones: where do people go first?
SELECT to_zone_id, round(sum(moves), 1) AS moves
FROM flows WHERE from_zone_id = 'entrance'
GROUP BY to_zone_id ORDER BY moves DESC, to_zone_id LIMIT 5;
