/*
 * Reading the XML that libvirt gives us.
 */
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <string.h>

#include "virt/libvirt-private.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlXPathContext, xmlXPathFreeContext)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlXPathObject, xmlXPathFreeObject)

char *sbx_xml_find(const char *xml, const char *expression)
{
    g_autoptr(xmlDoc) doc =
        xmlReadMemory(xml, (int)strlen(xml), NULL, NULL,
                      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (doc == NULL)
        return NULL;
    g_autoptr(xmlXPathContext) context = xmlXPathNewContext(doc);
    if (context == NULL)
        return NULL;
    g_autoptr(xmlXPathObject) found = xmlXPathEvalExpression(BAD_CAST expression, context);
    if (found == NULL || found->stringval == NULL || found->stringval[0] == '\0')
        return NULL;
    return g_strdup((const char *)found->stringval);
}
