using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace NanoAttention.Tutorials;

/// <summary>How much of a file has come.</summary>
public readonly record struct DownloadProgress(DataFile File, long Received);

/// <summary>
/// Downloads data sets into a cache folder. A file grows under its name with <c>.part</c>; a later call resumes it
/// with an HTTP Range (RFC 9110, section 14); once its SHA-256 is right it moves to its name in one step.
/// </summary>
public sealed class Download(HttpClient client, string cacheFolder)
{
    const int BufferSize = 1 << 16;

    /// <summary>The longest silence of a server before the download gives up.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The user's own cache: <c>NanoAttention/data</c> in the folder for local application data.</summary>
    /// <exception cref="DirectoryNotFoundException">The system names no such folder.</exception>
    public static string DefaultFolder
    {
        get
        {
            string local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData,
                Environment.SpecialFolderOption.DoNotVerify);
            return local.Length > 0 ? Path.Combine(local, "NanoAttention", "data")
                : throw new DirectoryNotFoundException(
                    "the system names no folder for local application data; name a folder for the downloads");
        }
    }

    /// <summary>The folder of a data set's files.</summary>
    public string FolderOf(DataSet set) => Path.Combine(cacheFolder, set.Name);

    /// <summary>Brings the files of a data set that are not there yet; returns their folder.</summary>
    /// <exception cref="HttpRequestException">A server could not be reached, or answered with an error.</exception>
    /// <exception cref="IOException">A download broke off; the next call resumes it.</exception>
    /// <exception cref="InvalidDataException">A file is not what it should be; it is deleted.</exception>
    public async Task<string> GetAsync(DataSet set, Action<DownloadProgress>? progress = null, CancellationToken cancel = default)
    {
        string folder = Path.GetFullPath(FolderOf(set));
        foreach (DataFile file in set.Files)
        {
            string path = Path.Combine(folder, file.Name);
            if (File.Exists(path) && await HashAsync(path, cancel) == (file.Entry?.Sha256 ?? file.Sha256))
                progress?.Invoke(new(file, file.Bytes));
            else await GetAsync(file, path, progress, cancel);
        }

        return folder;
    }

    async Task GetAsync(DataFile file, string path, Action<DownloadProgress>? progress, CancellationToken cancel)
    {
        string part = path + ".part";
        if (!File.Exists(part) || new FileInfo(part).Length != file.Bytes) await ReceiveAsync(file, part, progress, cancel);
        await CheckAsync(part, file.Sha256, file.Address.ToString(), cancel);
        if (file.Entry is { } entry) await UnpackAsync(part, entry, path, cancel);
        else File.Move(part, path, overwrite: true);
    }

    /// <summary>Appends what is missing to the part file, which begins with the server's answer; starts anew where that ignores the Range.</summary>
    async Task ReceiveAsync(DataFile file, string part, Action<DownloadProgress>? progress, CancellationToken cancel)
    {
        long have = File.Exists(part) && new FileInfo(part).Length is var there && there <= file.Bytes ? there : 0;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        try
        {
            using HttpResponseMessage response = await RequestAsync(file.Address, have, patience.Token);
            Directory.CreateDirectory(Path.GetDirectoryName(part)!);
            await using var output = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
            if (!Continues(response, have)) have = 0;
            output.SetLength(have);
            output.Position = have;
            await using Stream input = await response.Content.ReadAsStreamAsync(patience.Token);
            byte[] buffer = new byte[BufferSize];
            for (int read; (read = await input.ReadAsync(buffer, patience.Token)) > 0;)
            {
                await output.WriteAsync(buffer.AsMemory(0, read), patience.Token);
                if ((have += read) > file.Bytes) break;
                progress?.Invoke(new(file, have));
                patience.CancelAfter(Patience);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new IOException($"{file.Address}: nothing came for {Patience.TotalSeconds:0} s; {have} of {file.Bytes} bytes "
                + "are here, and the next download resumes there");
        }
        catch (IOException e) when (e is HttpIOException || e.InnerException is SocketException)
        {
            throw Broken(file, have, e);
        }

        if (have < file.Bytes) throw Broken(file, have, null);
    }

    static IOException Broken(DataFile file, long received, Exception? cause) =>
        new($"{file.Address}: the connection broke off after {received} of {file.Bytes} bytes; the next download resumes there", cause);

    async Task<HttpResponseMessage> RequestAsync(Uri address, long from, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (from > 0) request.Headers.Range = new RangeHeaderValue(from, null);
        HttpResponseMessage response;
        try
        {
            response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        }
        catch (HttpRequestException e)
        {
            throw new HttpRequestException($"{address} cannot be reached: {e.Message}", e);
        }
        if (response.IsSuccessStatusCode) return response;
        HttpStatusCode status = response.StatusCode;
        response.Dispose();
        if (status == HttpStatusCode.RequestedRangeNotSatisfiable && from > 0) return await RequestAsync(address, 0, cancel);
        throw new HttpRequestException($"{address}: the server answers {(int)status} {status}", null, status);
    }

    static bool Continues(HttpResponseMessage response, long from) =>
        response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == from;

    /// <summary>Unpacks an entry beside its place, checks it, and moves it there.</summary>
    static async Task UnpackAsync(string archive, ArchiveEntry entry, string path, CancellationToken cancel)
    {
        string unpacked = path + ".unpacked";
        await using (ZipArchive zip = await ZipFile.OpenReadAsync(archive, cancel))
        {
            ZipArchiveEntry found = zip.GetEntry(entry.Path)
                ?? throw new InvalidDataException($"{archive}: the archive has no entry {entry.Path}");
            await found.ExtractToFileAsync(unpacked, overwrite: true, cancel);
        }

        await CheckAsync(unpacked, entry.Sha256, entry.Path, cancel);
        File.Move(unpacked, path, overwrite: true);
        File.Delete(archive);
    }

    static async Task CheckAsync(string path, string expected, string source, CancellationToken cancel)
    {
        string got = await HashAsync(path, cancel);
        if (got == expected) return;
        File.Delete(path);
        throw new InvalidDataException(
            $"{source}: the content is not what it should be, SHA-256 expected {expected}, got {got}; the file is deleted");
    }

    static async Task<string> HashAsync(string path, CancellationToken cancel)
    {
        await using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancel));
    }
}
