/* SPDX-License-Identifier: GPL-2.0 */
/* What the engine tells, as JSON of the control protocol. Each returns a new reference, or NULL without memory. */
#ifndef KW_DAEMON_CTL_JSON_H
#define KW_DAEMON_CTL_JSON_H

#include <jansson.h>

#include "ike/engine.h"
#include "lib/log.h"

json_t *ctl_json_conn(const struct status_conn *c);
json_t *ctl_json_event(const struct engine_event *ev);
json_t *ctl_json_log(const struct log_line *line);
json_t *ctl_json_config_errors(const struct conf_errors *errors);
json_t *ctl_json_totals(const struct engine_totals *t);

#endif
