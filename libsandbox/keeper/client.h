/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Client: one connection to the keeper, and the requests that came over it.
 *
 * A request is answered exactly once, now or later, by sbx_request_reply() or sbx_request_fail(); both
 * take it. Answers to a client that has gone are dropped.
 */
#ifndef SBX_KEEPER_CLIENT_H
#define SBX_KEEPER_CLIENT_H

#include <glib-unix.h>

#include "keeper/keeper.h"
#include "wire/fault.h"
#include "wire/message.h"

typedef struct {
    SbxClient *client; /* a reference */
    gint64 id;
    JsonObject *params; /* a reference; never NULL */
    SbxMessage message; /* for its descriptors */
} SbxRequest;

/* Takes a connection. */
void sbx_client_new(SbxKeeper *keeper, int fd);
SbxClient *sbx_client_ref(SbxClient *client);
void sbx_client_unref(SbxClient *client);
void sbx_client_close(SbxClient *client);
SbxKeeper *sbx_client_keeper(SbxClient *client);
gboolean sbx_client_is_open(SbxClient *client);
/* Looks whether it has gone: of two things that have happened the main loop may see the later first. */
void sbx_client_look(SbxClient *client);
/* Tells the client something without being asked. Takes @params. */
void sbx_client_notify(SbxClient *client, const char *method, JsonObject *params);

/* The same for a client that may not read: then it is not cut off, and told again later. */
typedef enum { SBX_OFFER_SENT, SBX_OFFER_FULL, SBX_OFFER_GONE } SbxClientOffer;
SbxClientOffer sbx_client_offer(SbxClient *client, const char *method, JsonObject *params);
/* A source that calls fn when there is room again, for the caller to remove when the client goes. */
guint sbx_client_when_room(SbxClient *client, GUnixFDSourceFunc fn, gpointer data);

/* Calls fn when the client goes, unless unwatched before. At most one watcher per request. */
typedef void (*SbxClientGone)(gpointer data);
void sbx_client_watch(SbxClient *client, SbxClientGone fn, gpointer data);
void sbx_client_unwatch(SbxClient *client, gpointer data);

int sbx_request_take_fd(SbxRequest *request, int nth);
/* @fds are not taken. Returns FALSE when nobody got the answer. */
gboolean sbx_request_reply(SbxRequest *request, JsonObject *result, const int *fds, int n_fds);
/* Takes @fault. */
void sbx_request_fail(SbxRequest *request, GError *fault);
/* The end of a request that was one of keeper->pending: answers it. Takes the result, and the fault
 * unless that is NULL. */
void sbx_request_done(SbxRequest *request, SbxKeeper *keeper, JsonObject *result, GError *fault);

/* methods.c: what a request asks for; takes it. */
void sbx_methods_dispatch(SbxKeeper *keeper, const char *method, SbxRequest *request);

#endif
