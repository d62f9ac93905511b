/*
 * libvirt's per-thread errors as GErrors, and silence on stderr.
 */
#include <string.h>

#include "virt/libvirt-private.h"

static void ignore(void *data G_GNUC_UNUSED, virErrorPtr error G_GNUC_UNUSED)
{
}

/* Without a handler libvirt prints every error; its logger has an own way to stderr. */
void sbx_libvirt_silence(void)
{
    virSetErrorFunc(NULL, ignore);
    /* Not overridden when set: that is how one debugs libvirt. 4: errors. */
    g_setenv("LIBVIRT_LOG_OUTPUTS", "4:file:/dev/null", FALSE);
}

/* libvirt has few codes: running out of something can only be read from the text. */
static SbxVirtError classify(const virError *libvirt_error, const char *message,
                             SbxVirtError fallback)
{
    if (strstr(message, "Cannot allocate memory") != NULL ||
        strstr(message, "cannot set up guest memory") != NULL)
        return SBX_VIRT_ERROR_NO_MEMORY;
    if (strstr(message, "No space left on device") != NULL)
        return SBX_VIRT_ERROR_NO_SPACE;
    if (libvirt_error == NULL)
        return fallback;
    switch (libvirt_error->code) {
    case VIR_ERR_NO_MEMORY:
        return SBX_VIRT_ERROR_NO_MEMORY;
    case VIR_ERR_NO_DOMAIN:
    case VIR_ERR_INVALID_CONN:
        return SBX_VIRT_ERROR_GONE;
    case VIR_ERR_OPERATION_TIMEOUT:
        return SBX_VIRT_ERROR_TIMED_OUT;
    default:
        return fallback;
    }
}

void sbx_libvirt_error(GError **error, SbxVirtError fallback, const char *format, ...)
{
    virErrorPtr last = virGetLastError();
    const char *message = last != NULL && last->message != NULL ? last->message : "unknown error";
    g_autofree char *what = NULL;
    g_autofree char *why = NULL;
    va_list args;

    va_start(args, format);
    what = g_strdup_vprintf(format, args);
    va_end(args);
    why = g_strstrip(g_strdup(message));
    g_set_error(error, SBX_VIRT_ERROR, (int)classify(last, message, fallback), "%s: %s", what, why);
}
