/*
 * Domain XML and the guest's command line: accepted by libvirt's schema, and right where a mistake
 * would be dangerous (formats, read-only, escaping) or slow (the accelerators' workarounds).
 */
#include <check.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xpath.h>
#include <stdlib.h>
#include <string.h>

#include "virt/driver.h"

enum { QEMU_7_2 = 7002022, QEMU_10 = 10000000 };

static SbxDomainSpec full_spec(void)
{
    SbxDomainSpec spec = SBX_DOMAIN_SPEC_INIT;

    spec.name = "sbx-1";
    spec.uuid = "2f0a1b52-7a3c-4f0e-9b57-0d6f4f1c8a11";
    spec.memory = 512ull << 20;
    spec.vcpus = 2;
    spec.qemu_version = QEMU_7_2;
    spec.emulator = "/usr/bin/qemu-system-x86_64";
    spec.kernel = "/images/vmlinux";
    spec.initrd = "/images/initrd";
    spec.root_image = "/images/root.ext4";
    spec.scratch = "/state/scratch";
    spec.agent_socket = "/run/s/agent";
    spec.console_socket = "/run/s/console";
    return spec;
}

/* The result of an XPath expression, as text. */
static char *query(const SbxDomainSpec *spec, const char *expression)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = sbx_domain_xml(spec, &error);

    ck_assert_msg(xml != NULL, "%s", error != NULL ? error->message : "no error");
    xmlDocPtr doc = xmlReadMemory(xml, (int)strlen(xml), NULL, NULL, XML_PARSE_NONET);
    ck_assert_ptr_nonnull(doc);
    xmlXPathContextPtr context = xmlXPathNewContext(doc);
    xmlXPathObjectPtr found = xmlXPathEvalExpression(BAD_CAST expression, context);
    ck_assert_msg(found != NULL, "bad expression %s", expression);
    xmlChar *text = xmlXPathCastToString(found);
    char *result = g_strdup((const char *)text);
    xmlFree(text);
    xmlXPathFreeObject(found);
    xmlXPathFreeContext(context);
    xmlFreeDoc(doc);
    return result;
}

static void expect(const SbxDomainSpec *spec, const char *expression, const char *expected)
{
    g_autofree char *value = query(spec, expression);

    ck_assert_msg(strcmp(value, expected) == 0, "%s is \"%s\", expected \"%s\"", expression, value,
                  expected);
}

START_TEST(machine)
{
    SbxDomainSpec spec = full_spec();

    expect(&spec, "string(/domain/@type)", "qemu");
    expect(&spec, "string(/domain/name)", "sbx-1");
    expect(&spec, "string(/domain/memory)", "536870912");
    expect(&spec, "string(/domain/memory/@unit)", "b");
    expect(&spec, "string(/domain/vcpu)", "2");
    expect(&spec, "string(/domain/os/type/@machine)", "q35");
    expect(&spec, "count(/domain/genid)", "1");
    expect(&spec, "count(/domain/devices/interface)", "0");
    expect(&spec, "count(/domain/devices/graphics)", "0");
    expect(&spec, "string(/domain/devices/memballoon/@model)", "none");
    expect(&spec, "string(/domain/devices/controller[@type='usb']/@model)", "none");
    expect(&spec, "concat(/domain/on_poweroff,/domain/on_reboot,/domain/on_crash)",
           "destroydestroydestroy");
    expect(&spec, "string(/domain/devices/channel/target/@name)", SBX_AGENT_PORT);
    expect(&spec, "string(/domain/devices/channel/source/@mode)", "connect");
    expect(&spec, "string(/domain/devices/serial/source/@path)", "/run/s/console");
}
END_TEST

START_TEST(disks)
{
    SbxDomainSpec spec = full_spec();

    /* No format is ever left to be guessed. */
    expect(&spec, "count(//disk)", "2");
    expect(&spec, "count(//disk/driver[@type='raw'])", "2");
    expect(&spec, "count(//disk[target/@dev='vda']/readonly)", "1");
    expect(&spec, "count(//disk[target/@dev='vdb']/readonly)", "0");
    expect(&spec, "string(//disk[target/@dev='vda']/source/@file)", "/images/root.ext4");
    expect(&spec, "string(//disk[target/@dev='vda']/driver/@cache)", "");
    expect(&spec, "string(//disk[target/@dev='vdb']/driver/@cache)", "unsafe");
    expect(&spec, "string(//disk[target/@dev='vdb']/driver/@discard)", "unmap");
    expect(&spec, "count(//seclabel)", "0");
    spec.qemu_user = "+1001:+64055";
    expect(&spec, "string(/domain/seclabel[@model='dac'][@relabel='no']/label)", "+1001:+64055");
    spec.scratch_fd = 7;
    expect(&spec, "string(//disk[target/@dev='vdb']/source/@fdgroup)", SBX_SCRATCH_FDGROUP);
    spec.scratch_fd = -1;
    spec.scratch = spec.root_image = NULL;
    expect(&spec, "count(//disk)", "0");
}
END_TEST

/* Byte by byte under emulation, and the fastest there is on a processor. */
#define COUNT_STRING_COPIES                                                                        \
    "count(/domain/cpu/feature[@name='erms' or @name='fsrm'][@policy='disable'])"

START_TEST(processors)
{
    SbxDomainSpec spec = full_spec();

    expect(&spec, "string(/domain/cpu/@mode)", "maximum");
    expect(&spec, "count(/domain/cpu/feature[@name='cx16'][@policy='disable'])", "1");
    expect(&spec, COUNT_STRING_COPIES, "2");
    spec.qemu_version = QEMU_10;
    expect(&spec, "count(/domain/cpu/feature[@name='cx16'])", "0");
    expect(&spec, COUNT_STRING_COPIES, "2");
    expect(&spec, "string(//vcpusched[@scheduler='batch']/@vcpus)", "0-1");
    spec.vcpus = 1;
    expect(&spec, "count(//vcpusched)", "0");
    spec.vcpus = 2;
    spec.kvm = TRUE;
    spec.qemu_version = QEMU_7_2;
    expect(&spec, "count(//vcpusched)", "0");
    expect(&spec, "string(/domain/@type)", "kvm");
    expect(&spec, "string(/domain/cpu/@mode)", "host-passthrough");
    expect(&spec, "count(/domain/cpu/feature[@name='cx16'])", "0");
    expect(&spec, COUNT_STRING_COPIES, "0");
    /* No virtualisation inside the guest. */
    expect(&spec, "count(/domain/cpu/feature[@name='vmx' or @name='svm'][@policy='disable'])", "2");
}
END_TEST

START_TEST(cmdlines)
{
    SbxDomainSpec spec = full_spec();
    g_autofree char *old_tcg = sbx_kernel_cmdline(&spec);
    spec.qemu_version = QEMU_10;
    g_autofree char *new_tcg = sbx_kernel_cmdline(&spec);
    spec.tsc_khz = 2596132;
    g_autofree char *with_rate = sbx_kernel_cmdline(&spec);
    spec.kvm = TRUE;
    spec.qemu_version = QEMU_7_2;
    g_autofree char *kvm = sbx_kernel_cmdline(&spec);

    ck_assert_str_eq(kvm, "console=ttyS0 quiet panic=-1 cryptomgr.notests");
    ck_assert_str_eq(new_tcg, "console=ttyS0 quiet panic=-1 cryptomgr.notests tsc=reliable "
                              "no_timer_check");
    ck_assert_str_eq(with_rate, "console=ttyS0 quiet panic=-1 cryptomgr.notests tsc=reliable "
                                "no_timer_check tsc_early_khz=2596132");
    ck_assert_str_eq(old_tcg, "console=ttyS0 quiet panic=-1 cryptomgr.notests tsc=reliable "
                              "no_timer_check norandmaps");
    expect(&spec, "string(/domain/os/cmdline)", kvm);
}
END_TEST

START_TEST(escaping)
{
    SbxDomainSpec spec = full_spec();

    spec.root_image = "/images/a'b\"<&>.ext4";
    spec.cmdline = "x='<y>&amp;'";
    expect(&spec, "string(//disk[target/@dev='vda']/source/@file)", spec.root_image);
    expect(&spec, "string(/domain/os/cmdline)", spec.cmdline);
}
END_TEST

static void expect_refusal(const SbxDomainSpec *spec, const char *word)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = sbx_domain_xml(spec, &error);

    ck_assert_ptr_null(xml);
    ck_assert(g_error_matches(error, SBX_VIRT_ERROR, SBX_VIRT_ERROR_INVALID));
    ck_assert_msg(strstr(error->message, word) != NULL, "%s", error->message);
}

START_TEST(refusals)
{
    static const char *const names[] = {NULL, "", "../x", "a/b", "a b", "-x", ".x"};
    static const char *const paths[] = {"relative", "", "/a\nb", "/a\x01", "/\xff"};
    SbxDomainSpec spec;

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        spec = full_spec();
        spec.name = names[i];
        expect_refusal(&spec, "name");
    }
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        spec = full_spec();
        spec.root_image = paths[i];
        expect_refusal(&spec, "root image");
    }
    spec = full_spec();
    spec.uuid = "no";
    expect_refusal(&spec, "uuid");
    spec = full_spec();
    spec.vcpus = 0;
    expect_refusal(&spec, "vCPUs");
    spec = full_spec();
    spec.memory = 4096;
    expect_refusal(&spec, "memory");
    spec = full_spec();
    spec.kernel = NULL;
    expect_refusal(&spec, "kernel");
    spec = full_spec();
    spec.cmdline = "a\x01";
    expect_refusal(&spec, "command line");
}
END_TEST

/* What virt-xml-validate does, without needing it and xmllint; part of every libvirt library. */
#define SCHEMA "/usr/share/libvirt/schemas/domain.rng"

static void validate(xmlRelaxNGPtr schema, const SbxDomainSpec *spec)
{
    g_autofree char *xml = sbx_domain_xml(spec, NULL);
    xmlDocPtr doc = xmlReadMemory(xml, (int)strlen(xml), NULL, NULL, XML_PARSE_NONET);
    xmlRelaxNGValidCtxtPtr context = xmlRelaxNGNewValidCtxt(schema);

    ck_assert_ptr_nonnull(doc);
    ck_assert_msg(xmlRelaxNGValidateDoc(context, doc) == 0, "not valid:\n%s", xml);
    xmlRelaxNGFreeValidCtxt(context);
    xmlFreeDoc(doc);
}

/* Every combination that writes other elements. */
START_TEST(schema)
{
    xmlRelaxNGParserCtxtPtr parser = xmlRelaxNGNewParserCtxt(SCHEMA);
    xmlRelaxNGPtr schema = xmlRelaxNGParse(parser);

    ck_assert_ptr_nonnull(schema);
    for (unsigned bits = 0; bits < 32; bits++) {
        SbxDomainSpec spec = full_spec();

        spec.kvm = bits & 1;
        spec.scratch_fd = bits & 2 ? 5 : -1;
        spec.qemu_user = bits & 4 ? "+1001:+64055" : NULL;
        if (bits & 8)
            spec.emulator = spec.initrd = spec.root_image = spec.uuid = NULL;
        if (bits & 16)
            spec.qemu_version = QEMU_10;
        validate(schema, &spec);
    }
    xmlRelaxNGFree(schema);
    xmlRelaxNGFreeParserCtxt(parser);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("domain-xml");
    TCase *cases = tcase_create("xml");

    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, machine);
    tcase_add_test(cases, disks);
    tcase_add_test(cases, processors);
    tcase_add_test(cases, cmdlines);
    tcase_add_test(cases, escaping);
    tcase_add_test(cases, refusals);
    if (g_file_test(SCHEMA, G_FILE_TEST_EXISTS))
        tcase_add_test(cases, schema);
    else if (g_getenv("SBX_TEST_MUST_RUN") != NULL)
        return EXIT_FAILURE;
    else
        g_printerr("schema: skipped, there is no " SCHEMA "\n");
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
