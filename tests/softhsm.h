/* SPDX-License-Identifier: GPL-2.0 */
/* A token in software (SoftHSM 2) in a directory of its own, for one process: p11-kit knows its module. */
#ifndef KW_TESTS_SOFTHSM_H
#define KW_TESTS_SOFTHSM_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define SOFTHSM_PIN "4711"
#define SOFTHSM_URL "pkcs11:token=keyway;object="

static inline int softhsm_run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static inline int softhsm_run(const char *fmt, ...)
{
	char command[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	return system(command);
}

/* A token called keyway under dir, which exists. 0, or something is missing. */
static inline int softhsm_start(const char *dir)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/tokens", dir);
	if (mkdir(path, 0700))
		return -1;
	snprintf(path, sizeof(path), "%s/softhsm2.conf", dir);
	f = fopen(path, "w");
	if (!f)
		return -1;
	fprintf(f, "directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n", dir);
	fclose(f);
	setenv("SOFTHSM2_CONF", path, 1);
	return softhsm_run("softhsm2-util --init-token --free --label keyway --pin " SOFTHSM_PIN
			   " --so-pin 08150815 >/dev/null");
}

/* The key of a file (PKCS#8) becomes object LABEL of the token. */
static inline int softhsm_import(const char *file, const char *label, unsigned int id)
{
	return softhsm_run("softhsm2-util --import '%s' --token keyway --label %s --id %02x --pin " SOFTHSM_PIN
			   " >/dev/null", file, label, id);
}

static inline int softhsm_stop(const char *dir)
{
	return softhsm_run("rm -rf '%s/tokens' '%s/softhsm2.conf'", dir, dir);
}

#endif
