namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>
/// The sections and plugins of Fluent Bit 5.1 that an audit trail may use, with every option their sources declare (windows options and
/// prefixes excepted).
/// </summary>
internal static class PluginDeclarations
{
    private const string WouldExit = "Fluent Bit would exit at start";

    private const string DefaultHost = "the default is the pod itself";

    private static readonly (string Option, string Consequence)[] Delivery =
    [
        ("retry_limit", "after one retry the chunk is dropped"),
        ("storage.total_limit_size", "unsent events could fill the disk of the node"),
    ];

    private static readonly PluginDeclaration[] All =
    [
        new("service")
        {
            Texts = """
                log_file log_level parsers_file plugins_file streams_file http_listen dns.mode dns.resolver storage.path storage.sync storage.type
                storage.rejected.path
                """,
            Numbers = """
                flush flush.adaptive.min_interval flush.adaptive.max_interval flush.adaptive.low_pressure flush.adaptive.medium_pressure
                flush.adaptive.high_pressure flush.adaptive.up_steps flush.adaptive.down_steps grace http_port hc_errors_count hc_retry_failure_count
                hc_period hot_reload.timeout storage.max_chunks_up scheduler.cap scheduler.base
                """,
            Switches = """
                daemon flush.adaptive json.convert_nan_to_null json.escape_unicode security.fips_mode http_server health_check hot_reload
                hot_reload.ensure_thread_safety dns.prefer_ipv4 dns.prefer_ipv6 storage.metrics storage.checksum storage.inherit
                storage.backlog.flush_on_shutdown storage.delete_irrecoverable_chunks storage.trim_files storage.keep.rejected enable_chunk_trace
                sp.convert_from_str_to_num
                """,
            Sizes = "coro_stack_size multiline_buffer_limit storage.backlog.mem_limit storage.rejected.limit",
            Words = [("log_level", ["off", "error", "warn", "info", "debug", "trace"]), ("storage.sync", ["normal", "full"])],
        },
        new("parsers")
        {
            Texts = "name format regex time_key time_format time_offset time_zone types decode_field decode_field_as",
            Switches = "skip_empty_values time_keep time_strict time_system_timezone logfmt_no_bare_keys",
            Required = [("name", "nothing can refer to the parser"), ("format", WouldExit)],
            Words = [("format", ["json"])],
        },
        new("inputs")
        {
            Texts = "name tag alias log_level storage.type host listen",
            Numbers = "port thread.ring_buffer.capacity thread.ring_buffer.window rate_gate.max_records rate_gate.resume_ratio",
            Switches = "routable storage.pause_on_chunks_overlimit threaded rate_gate rate_gate.backpressure",
            Sizes = "mem_buf_limit rate_gate.max_bytes",
            Times = "log_suppress_interval rate_window",
        },
        new("inputs", "tail")
        {
            Texts = """
                path exclude_path key docker_mode_parser path_key offset_key parser tag_regex db db.sync db.journal_mode parser_firstline
                multiline.parser unicode.encoding generic.encoding
                """,
            Numbers = "progress_check_interval_nsec docker_mode_flush",
            Switches = """
                read_from_head read_newly_discovered_files_from_head docker_mode ignore_active_older_files skip_long_lines exit_on_eof
                skip_empty_lines truncate_long_lines file_cache_advise inotify_watcher db.locking db.compare_filename multiline
                """,
            Sizes = "buffer_chunk_size buffer_max_size static_batch_size event_batch_size",
            Times = "refresh_interval watcher_interval progress_check_interval rotate_wait ignore_older multiline_flush",
            Required =
            [
                ("path", WouldExit), ("tag", WouldExit), ("parser", "events would stay unparsed text"),
                ("db", "a restart would read the file again, or skip what was written meanwhile"),
                ("read_from_head", "what was written before the first start would be lost"),
                ("buffer_max_size", "at the default of 32k a longer event ends the reading of the file"),
                ("storage.type", "events would wait in memory, where a restart loses them"),
            ],
            Words = [("storage.type", ["filesystem"]), ("db.sync", ["normal", "full", "extra"])],
        },
        new("filters") { Texts = "name match match_regex alias log_level", Times = "log_suppress_interval" },
        new("filters", "modify")
        {
            Texts = "set add remove remove_wildcard remove_regex move_to_start move_to_end rename hard_rename copy hard_copy condition",
        },
        new("filters", "parser")
        {
            Texts = "key_name parser",
            Switches = "preserve_key reserve_data",
            Required = [("key_name", WouldExit), ("parser", WouldExit)],
        },
        new("filters", "grep") { Texts = "regex exclude logical_op", Words = [("logical_op", ["and", "or", "legacy"])] },
        new("filters", "lua")
        {
            Texts = "script code call type_int_key type_array_key",
            Switches = "protected_mode time_as_table enable_flb_null",
            Required = [("call", WouldExit)],
        },
        new("filters", "log_to_metrics")
        {
            Texts = "regex exclude metric_mode value_field metric_name metric_namespace metric_subsystem metric_description add_label label_field bucket tag emitter_name",
            Numbers = "flush_interval_sec flush_interval_nsec",
            Switches = "kubernetes_mode discard_logs",
            Sizes = "emitter_mem_buf_limit",
            Required =
            [
                ("metric_name", WouldExit), ("metric_description", WouldExit), ("tag", WouldExit),
                ("flush_interval_sec", "all counters would be sent at each event"),
            ],
            Words = [("metric_mode", ["counter", "gauge", "histogram"])],
        },
        new("outputs")
        {
            Texts = """
                name match match_regex alias log_level retry_limit host tls.vhost tls.ca_path tls.ca_file tls.crt_file tls.key_file tls.key_passwd
                tls.min_version tls.max_version tls.ciphers tls.proxy.ca_file tls.proxy.ca_path net.dns.mode net.dns.resolver net.source_address
                """,
            Numbers = """
                port workers tls.debug net.tcp_keepalive_time net.tcp_keepalive_interval net.tcp_keepalive_probes net.keepalive_max_recycle
                net.max_worker_connections
                """,
            Switches = """
                ipv6 tls tls.verify tls.verify_hostname tls.verify_client_cert tls.proxy.verify tls.proxy.verify_hostname net.dns.prefer_ipv4
                net.dns.prefer_ipv6 net.keepalive net.tcp_keepalive net.connect_timeout_log_error net.proxy_env_ignore
                """,
            Sizes = "storage.total_limit_size",
            Times = "log_suppress_interval net.keepalive_idle_timeout net.io_timeout net.connect_timeout",
            Secrets = ["tls.key_passwd"],
        },
        new("outputs", "http")
        {
            Texts = """
                proxy http_user http_passwd oauth2.token_url oauth2.client_id oauth2.client_secret oauth2.user_agent oauth2.scope oauth2.audience
                oauth2.resource oauth2.auth_method oauth2.jwt_key_file oauth2.jwt_cert_file oauth2.jwt_aud oauth2.jwt_header aws_service header_tag
                format json_date_format json_date_key compress header uri http_method gelf_timestamp_key gelf_host_key gelf_short_message_key
                gelf_full_message_key gelf_level_key body_key headers_key
                """,
            Numbers = "oauth2.jwt_ttl_seconds oauth2.refresh_skew_seconds",
            Switches = "allow_duplicated_headers log_response_payload oauth2.enable aws_auth",
            Times = "http.response_timeout http.read_idle_timeout oauth2.timeout oauth2.connect_timeout",
            Required = [("host", DefaultHost), ("port", "the default is 80"), ("uri", "events would go to the root of the server"), ("format", "the default is not JSON"), .. Delivery],
            Words = [("format", ["json_lines"]), ("compress", ["gzip"])],
            Secrets = ["http_passwd", "oauth2.client_secret"],
        },
        new("outputs", "loki")
        {
            Texts = """
                uri tenant_id tenant_id_key tenant_id_key_error_handling labels structured_metadata structured_metadata_map_keys drop_single_key
                label_keys remove_keys line_format label_map_path http_user http_passwd bearer_token header compress
                """,
            Switches = "auto_kubernetes_labels",
            Sizes = "buffer_size",
            Required = [("host", DefaultHost), ("labels", "all clusters would share one stream"), .. Delivery],
            Words = [("line_format", ["json"]), ("compress", ["gzip"])],
            Secrets = ["http_passwd", "bearer_token"],
        },
        new("outputs", "es")
        {
            Texts = """
                index type http_user http_passwd http_api_key compress cloud_id cloud_auth upstream aws_region aws_sts_endpoint aws_role_arn
                aws_external_id aws_service_name aws_profile logstash_prefix logstash_prefix_separator logstash_prefix_key logstash_dateformat
                time_key time_key_format tag_key path pipeline write_operation id_key
                """,
            Switches = """
                suppress_type_name aws_auth logstash_format time_key_nanos include_tag_key generate_id replace_dots current_time_index trace_output
                trace_error
                """,
            Sizes = "buffer_size",
            Required =
            [
                ("host", DefaultHost), ("suppress_type_name", "version 8 refuses documents with a type"),
                ("generate_id", "a repeated request would store its events twice"), .. Delivery,
            ],
            Words = [("compress", ["gzip"]), ("write_operation", ["create", "index", "update", "upsert"])],
            Secrets = ["http_passwd", "http_api_key", "cloud_auth"],
        },
        new("outputs", "opentelemetry")
        {
            Texts = """
                add_label http2 proxy http_user http_passwd aws_service header metrics_uri grpc_metrics_uri compress logs_uri grpc_logs_uri
                logs_body_key traces_uri grpc_traces_uri profiles_uri grpc_profiles_uri logs_metadata_key logs_observed_timestamp_metadata_key
                logs_timestamp_metadata_key logs_severity_text_metadata_key logs_severity_number_metadata_key logs_trace_flags_metadata_key
                logs_span_id_metadata_key logs_trace_id_metadata_key logs_attributes_metadata_key logs_instrumentation_scope_metadata_key
                logs_resource_metadata_key logs_span_id_message_key logs_trace_id_message_key logs_severity_text_message_key
                logs_severity_number_message_key
                """,
            Numbers = "batch_size logs_max_resources logs_max_scopes",
            Switches = "grpc aws_auth logs_body_key_attributes log_response_payload",
            Required = [("host", DefaultHost), ("logs_uri", "events would go to the root of the endpoint"), .. Delivery],
            Words = [("compress", ["gzip", "zstd"])],
            Secrets = ["http_passwd"],
        },
        new("outputs", "s3")
        {
            Texts = """
                format json_date_format json_date_key bucket region role_arn endpoint sts_endpoint canned_acl compression content_type store_dir
                s3_key_format s3_key_format_tag_delimiters retry_exhausted_action log_key external_id storage_class profile blob_database_file
                authorization_endpoint_url authorization_endpoint_username authorization_endpoint_password authorization_endpoint_bearer_token
                """,
            Numbers = "file_delivery_attempt_limit part_delivery_attempt_limit",
            Switches = "auto_retry_requests use_put_object send_content_md5 preserve_data_ordering static_file_path",
            Sizes = "total_file_size upload_chunk_size store_dir_limit_size quarantine_dir_limit_size part_size",
            Times = "upload_timeout upload_parts_timeout upload_part_freshness_limit",
            Required =
            [
                ("bucket", WouldExit), ("region", "the default is us-east-1"),
                ("store_dir", "the default is below /tmp, where a restart loses what was not yet sent"),
                ("store_dir_limit_size", "unsent files could fill the disk of the node"),
                ("retry_limit", "after five attempts a file is dropped"),
            ],
            Words = [("compression", ["gzip", "zstd"])],
            Secrets = ["authorization_endpoint_password", "authorization_endpoint_bearer_token"],
        },
        new("outputs", "prometheus_exporter") { Texts = "add_label", Switches = "add_timestamp" },
    ];

    /// <summary>Null when there is no such section, or this check knows no such plugin.</summary>
    public static PluginDeclaration? Find(string section, string name) =>
        Array.Find(All, declaration => declaration.Section == section && declaration.Name == name);
}
